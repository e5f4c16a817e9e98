/* old_encoding.h: names as they stand in files of the old encodings, as bytes and turned into UTF-8 letter by letter. */
#include "server/governance/old_encoding.h"

#include "tests/unit/unit.h"

/* Each name in each of the old encodings, in their order; "?" where it lacks the letter. */
static const enum old_encoding encodings[] = { OLD_ENCODING_TCVN3, OLD_ENCODING_VNI, OLD_ENCODING_VISCII, OLD_ENCODING_WINDOWS_1258 };
static const struct {
	struct str name, old[ARRAY_LEN(encodings)];
} names[] = {
	{ STR("Nguyễn Thị Phượng"),
	  { STR("Nguy\xd4n Th\xde Ph\xad\xeeng"),
	    STR("Nguye\xe3n Th\xf2 Ph\xf6\xf4\xefng"),
	    STR("Nguy\xadn Th\xb8 Ph\xdf\xfeng"),
	    STR("Nguy\xea\xden Thi\xf2 Ph\xfd\xf5\xf2ng") } },
	{ STR("Trần Văn Đức"),
	  { STR("Tr\xc7n V\xa8n \xa7\xf8" "c"),
	    STR("Tra\xe0n Va\xean \xd1\xf6\xf9" "c"),
	    STR("Tr\xa5n V\xe5n \xd0\xd1" "c"),
	    STR("Tr\xe2\xccn V\xe3n \xd0\xfd\xec" "c") } },
	{ STR("Đặng Thị Hồng Nhung"),
	  { STR("\xa7\xc6ng Th\xde H\xe5ng Nhung"),
	    STR("\xd1" "a\xebng Th\xf2 Ho\xe0ng Nhung"),
	    STR("\xd0\xa3ng Th\xb8 H\xb0ng Nhung"),
	    STR("\xd0\xe3\xf2ng Thi\xf2 H\xf4\xccng Nhung") } },
	{ STR("Lê Quang Dũng"),
	  { STR("L\xaa Quang D\xf2ng"),
	    STR("Le\xe2 Quang Du\xf5ng"),
	    STR("L\xea Quang D\xfbng"),
	    STR("L\xea Quang Du\xdeng") } },
	{ STR("Phạm Minh Tuấn"),
	  { STR("Ph\xb9m Minh Tu\xcan"),
	    STR("Pha\xefm Minh Tua\xe1n"),
	    STR("Ph\xd5m Minh Tu\xa4n"),
	    STR("Pha\xf2m Minh Tu\xe2\xecn") } },
	{ STR("Hồ Xuân Hương"),
	  { STR("H\xe5 Xu\xa9n H\xad\xacng"),
	    STR("Ho\xe0 Xua\xe2n H\xf6\xf4ng"),
	    STR("H\xb0 Xu\xe2n H\xdf\xbdng"),
	    STR("H\xf4\xcc Xu\xe2n H\xfd\xf5ng") } },
	{ STR("Trung tâm Phục vụ hành chính công"),
	  { STR("Trung t\xa9m Ph\xf4" "c v\xf4 h\xb5nh ch\xddnh c\xabng"),
	    STR("Trung ta\xe2m Phu\xef" "c vu\xef ha\xf8nh ch\xednh co\xe2ng"),
	    STR("Trung t\xe2m Ph\xf8" "c v\xf8 h\xe0nh ch\xednh c\xf4ng"),
	    STR("Trung t\xe2m Phu\xf2" "c vu\xf2 h\xe0nh ch\xednh c\xf4ng") } },
	{ STR("Chuyên viên phòng Kinh tế"),
	  { STR("Chuy\xaan vi\xaan ph\xdfng Kinh t\xd5"),
	    STR("Chuye\xe2n vie\xe2n pho\xf8ng Kinh te\xe1"),
	    STR("Chuy\xean vi\xean ph\xf2ng Kinh t\xaa"),
	    STR("Chuy\xean vi\xean pho\xccng Kinh t\xea\xec") } },
	{ STR("Ủy ban nhân dân xã Nghĩa Đồng"),
	  { STR("?y ban nh\xa9n d\xa9n x\xb7 Ngh\xdc" "a \xa7\xe5ng"),
	    STR("U\xfby ban nha\xe2n da\xe2n xa\xf5 Ngh\xf3" "a \xd1o\xe0ng"),
	    STR("\x9cy ban nh\xe2n d\xe2n x\xe3 Ngh\xee" "a \xd0\xb0ng"),
	    STR("U\xd2y ban nh\xe2n d\xe2n xa\xde Nghi\xde" "a \xd0\xf4\xccng") } },
	{ STR("Võ Thị Sáu"),
	  { STR("V\xe2 Th\xde S\xb8u"),
	    STR("Vo\xf5 Th\xf2 Sa\xf9u"),
	    STR("V\xf5 Th\xb8 S\xe1u"),
	    STR("Vo\xde Thi\xf2 S\xe1u") } },
	{ STR("Bùi Đình Toàn"),
	  { STR("B\xefi \xa7\xd7nh To\xb5n"),
	    STR("Bu\xf8i \xd1\xecnh Toa\xf8n"),
	    STR("B\xf9i \xd0\xecnh To\xe0n"),
	    STR("B\xf9i \xd0i\xccnh To\xe0n") } },
	{ STR("Hoàng Thị Yến"),
	  { STR("Ho\xb5ng Th\xde Y\xd5n"),
	    STR("Hoa\xf8ng Th\xf2 Ye\xe1n"),
	    STR("Ho\xe0ng Th\xb8 Y\xaan"),
	    STR("Ho\xe0ng Thi\xf2 Y\xea\xecn") } },
};
#define N_OLD (ARRAY_LEN(names) * ARRAY_LEN(encodings))

static struct str as_utf8(struct arena *a, struct str bytes)
{
	char *p = arena_alloc(a, 2 * bytes.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char c = (unsigned char)bytes.p[i];

		if (c >= 0x80) {
			p[n++] = (char)(0xc0 | (c >> 6));
			c = (unsigned char)(0x80 | (c & 0x3f));
		}
		p[n++] = (char)c;
	}
	return str_n(p, n);
}

/* Each is refused; which encoding it is called is right for most: TCVN3 and VISCII share nearly all their bytes. */
static void test_old(_unused_ void **state)
{
	size_t n_right = 0;

	for (size_t i = 0; i < N_OLD; i++) {
		enum old_encoding wanted = encodings[i % ARRAY_LEN(encodings)], is = old_encoding_of(names[i / ARRAY_LEN(encodings)].old[i % ARRAY_LEN(encodings)]);

		if (is != wanted)
			print_message("\"%.*s\": %d, is %d\n", STR_ARG(names[i / ARRAY_LEN(encodings)].name), (int)is, (int)wanted);
		assert_int_not_equal(is, OLD_ENCODING_NONE);
		n_right += is == wanted;
	}
	print_message("%zu of %zu named\n", n_right, N_OLD);
	assert_true(n_right * 10 >= N_OLD * 8);
}

/* What a program that took them for Latin-1 saved as UTF-8: a short name may pass for one of another language. */
static void test_turned_into_utf8(void **state)
{
	size_t n_found = 0;

	for (size_t i = 0; i < N_OLD; i++)
		n_found += old_encoding_of(as_utf8(*state, names[i / ARRAY_LEN(encodings)].old[i % ARRAY_LEN(encodings)])) != OLD_ENCODING_NONE;
	print_message("%zu of %zu found in UTF-8\n", n_found, N_OLD);
	assert_true(n_found * 4 >= N_OLD * 3);
}

static void test_proper(_unused_ void **state)
{
	static const struct str proper[] = {
		STR("Quỳnh Lưu"), STR("Lầu Bá Tu"), STR("Moong Văn Nghệ"),
		STR("Nghe An"), STR("plain text, 12"), STR(""), STR("Nguye\xcc\x82\xcc\x83n"), STR("José Müller"), STR("O’Neill – №1"),
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_int_equal(old_encoding_of(names[i].name), OLD_ENCODING_NONE);
	for (size_t i = 0; i < ARRAY_LEN(proper); i++)
		assert_int_equal(old_encoding_of(proper[i]), OLD_ENCODING_NONE);
}

static void test_split_tones(_unused_ void **state)
{
	assert_true(old_encoding_has_split_tones(STR("Nguyê\xcc\x83n")));
	assert_true(old_encoding_has_split_tones(STR("Phươ\xcc\xa3ng")));
	/* Wholly decomposed is another matter: files of Apple's. */
	assert_false(old_encoding_has_split_tones(STR("Nguye\xcc\x82\xcc\x83n")));
	assert_false(old_encoding_has_split_tones(STR("Nguyễn")));
	assert_false(old_encoding_has_split_tones(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_old),
		UNIT_TEST(test_turned_into_utf8),
		UNIT_TEST(test_proper),
		UNIT_TEST(test_split_tones),
	};

	return cmocka_run_group_tests_name("governance/old_encoding", tests, NULL, NULL);
}
