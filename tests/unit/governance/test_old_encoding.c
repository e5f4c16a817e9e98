/* old_encoding.h: names as they stand in files of the old encodings, as bytes and turned into UTF-8 letter by letter. */
#include "server/governance/old_encoding.h"

#include "tests/unit/unit.h"

static const struct {
	enum old_encoding encoding;
	struct str bytes;
} old[] = {
		{ OLD_ENCODING_TCVN3, STR("Nguy\xd4n Th\xde Ph\xad\xeeng") }, /* Nguyễn Thị Phượng */
		{ OLD_ENCODING_TCVN3, STR("Tr\xc7n V\xa8n \xa7\xf8" "c") }, /* Trần Văn Đức */
		{ OLD_ENCODING_TCVN3, STR("\xa7\xc6ng Th\xde H\xe5ng Nhung") }, /* Đặng Thị Hồng Nhung */
		{ OLD_ENCODING_TCVN3, STR("L\xaa Quang D\xf2ng") }, /* Lê Quang Dũng */
		{ OLD_ENCODING_TCVN3, STR("Ph\xb9m Minh Tu\xcan") }, /* Phạm Minh Tuấn */
		{ OLD_ENCODING_TCVN3, STR("H\xe5 Xu\xa9n H\xad\xacng") }, /* Hồ Xuân Hương */
		{ OLD_ENCODING_TCVN3, STR("Trung t\xa9m Ph\xf4" "c v\xf4 h\xb5nh ch\xddnh c\xabng") }, /* Trung tâm Phục vụ hành chính công */
		{ OLD_ENCODING_TCVN3, STR("Chuy\xaan vi\xaan ph\xdfng Kinh t\xd5") }, /* Chuyên viên phòng Kinh tế */
		{ OLD_ENCODING_TCVN3, STR("?y ban nh\xa9n d\xa9n x\xb7 Ngh\xdc" "a \xa7\xe5ng") }, /* Ủy ban nhân dân xã Nghĩa Đồng */
		{ OLD_ENCODING_TCVN3, STR("V\xe2 Th\xde S\xb8u") }, /* Võ Thị Sáu */
		{ OLD_ENCODING_TCVN3, STR("B\xefi \xa7\xd7nh To\xb5n") }, /* Bùi Đình Toàn */
		{ OLD_ENCODING_TCVN3, STR("Ho\xb5ng Th\xde Y\xd5n") }, /* Hoàng Thị Yến */
		{ OLD_ENCODING_VNI, STR("Nguye\xe3n Th\xf2 Ph\xf6\xf4\xefng") }, /* Nguyễn Thị Phượng */
		{ OLD_ENCODING_VNI, STR("Tra\xe0n Va\xean \xd1\xf6\xf9" "c") }, /* Trần Văn Đức */
		{ OLD_ENCODING_VNI, STR("\xd1" "a\xebng Th\xf2 Ho\xe0ng Nhung") }, /* Đặng Thị Hồng Nhung */
		{ OLD_ENCODING_VNI, STR("Le\xe2 Quang Du\xf5ng") }, /* Lê Quang Dũng */
		{ OLD_ENCODING_VNI, STR("Pha\xefm Minh Tua\xe1n") }, /* Phạm Minh Tuấn */
		{ OLD_ENCODING_VNI, STR("Ho\xe0 Xua\xe2n H\xf6\xf4ng") }, /* Hồ Xuân Hương */
		{ OLD_ENCODING_VNI, STR("Trung ta\xe2m Phu\xef" "c vu\xef ha\xf8nh ch\xednh co\xe2ng") }, /* Trung tâm Phục vụ hành chính công */
		{ OLD_ENCODING_VNI, STR("Chuye\xe2n vie\xe2n pho\xf8ng Kinh te\xe1") }, /* Chuyên viên phòng Kinh tế */
		{ OLD_ENCODING_VNI, STR("U\xfby ban nha\xe2n da\xe2n xa\xf5 Ngh\xf3" "a \xd1o\xe0ng") }, /* Ủy ban nhân dân xã Nghĩa Đồng */
		{ OLD_ENCODING_VNI, STR("Vo\xf5 Th\xf2 Sa\xf9u") }, /* Võ Thị Sáu */
		{ OLD_ENCODING_VNI, STR("Bu\xf8i \xd1\xecnh Toa\xf8n") }, /* Bùi Đình Toàn */
		{ OLD_ENCODING_VNI, STR("Hoa\xf8ng Th\xf2 Ye\xe1n") }, /* Hoàng Thị Yến */
		{ OLD_ENCODING_VISCII, STR("Nguy\xadn Th\xb8 Ph\xdf\xfeng") }, /* Nguyễn Thị Phượng */
		{ OLD_ENCODING_VISCII, STR("Tr\xa5n V\xe5n \xd0\xd1" "c") }, /* Trần Văn Đức */
		{ OLD_ENCODING_VISCII, STR("\xd0\xa3ng Th\xb8 H\xb0ng Nhung") }, /* Đặng Thị Hồng Nhung */
		{ OLD_ENCODING_VISCII, STR("L\xea Quang D\xfbng") }, /* Lê Quang Dũng */
		{ OLD_ENCODING_VISCII, STR("Ph\xd5m Minh Tu\xa4n") }, /* Phạm Minh Tuấn */
		{ OLD_ENCODING_VISCII, STR("H\xb0 Xu\xe2n H\xdf\xbdng") }, /* Hồ Xuân Hương */
		{ OLD_ENCODING_VISCII, STR("Trung t\xe2m Ph\xf8" "c v\xf8 h\xe0nh ch\xednh c\xf4ng") }, /* Trung tâm Phục vụ hành chính công */
		{ OLD_ENCODING_VISCII, STR("Chuy\xean vi\xean ph\xf2ng Kinh t\xaa") }, /* Chuyên viên phòng Kinh tế */
		{ OLD_ENCODING_VISCII, STR("\x9cy ban nh\xe2n d\xe2n x\xe3 Ngh\xee" "a \xd0\xb0ng") }, /* Ủy ban nhân dân xã Nghĩa Đồng */
		{ OLD_ENCODING_VISCII, STR("V\xf5 Th\xb8 S\xe1u") }, /* Võ Thị Sáu */
		{ OLD_ENCODING_VISCII, STR("B\xf9i \xd0\xecnh To\xe0n") }, /* Bùi Đình Toàn */
		{ OLD_ENCODING_VISCII, STR("Ho\xe0ng Th\xb8 Y\xaan") }, /* Hoàng Thị Yến */
		{ OLD_ENCODING_WINDOWS_1258, STR("Nguy\xea\xden Thi\xf2 Ph\xfd\xf5\xf2ng") }, /* Nguyễn Thị Phượng */
		{ OLD_ENCODING_WINDOWS_1258, STR("Tr\xe2\xccn V\xe3n \xd0\xfd\xec" "c") }, /* Trần Văn Đức */
		{ OLD_ENCODING_WINDOWS_1258, STR("\xd0\xe3\xf2ng Thi\xf2 H\xf4\xccng Nhung") }, /* Đặng Thị Hồng Nhung */
		{ OLD_ENCODING_WINDOWS_1258, STR("L\xea Quang Du\xdeng") }, /* Lê Quang Dũng */
		{ OLD_ENCODING_WINDOWS_1258, STR("Pha\xf2m Minh Tu\xe2\xecn") }, /* Phạm Minh Tuấn */
		{ OLD_ENCODING_WINDOWS_1258, STR("H\xf4\xcc Xu\xe2n H\xfd\xf5ng") }, /* Hồ Xuân Hương */
		{ OLD_ENCODING_WINDOWS_1258, STR("Trung t\xe2m Phu\xf2" "c vu\xf2 h\xe0nh ch\xednh c\xf4ng") }, /* Trung tâm Phục vụ hành chính công */
		{ OLD_ENCODING_WINDOWS_1258, STR("Chuy\xean vi\xean pho\xccng Kinh t\xea\xec") }, /* Chuyên viên phòng Kinh tế */
		{ OLD_ENCODING_WINDOWS_1258, STR("U\xd2y ban nh\xe2n d\xe2n xa\xde Nghi\xde" "a \xd0\xf4\xccng") }, /* Ủy ban nhân dân xã Nghĩa Đồng */
		{ OLD_ENCODING_WINDOWS_1258, STR("Vo\xde Thi\xf2 S\xe1u") }, /* Võ Thị Sáu */
		{ OLD_ENCODING_WINDOWS_1258, STR("B\xf9i \xd0i\xccnh To\xe0n") }, /* Bùi Đình Toàn */
		{ OLD_ENCODING_WINDOWS_1258, STR("Ho\xe0ng Thi\xf2 Y\xea\xecn") }, /* Hoàng Thị Yến */
};

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

	for (size_t i = 0; i < ARRAY_LEN(old); i++) {
		enum old_encoding is = old_encoding_of(old[i].bytes);

		if (is != old[i].encoding)
			print_message("%zu \"%.*s\": %d, is %d\n", i, STR_ARG(old[i].bytes), (int)is, (int)old[i].encoding);
		assert_int_not_equal(is, OLD_ENCODING_NONE);
		n_right += is == old[i].encoding;
	}
	print_message("%zu of %zu named\n", n_right, ARRAY_LEN(old));
	assert_true(n_right * 10 >= ARRAY_LEN(old) * 8);
}

/* What a program that took them for Latin-1 saved as UTF-8: a short name may pass for one of another language. */
static void test_turned_into_utf8(void **state)
{
	size_t n_found = 0;

	for (size_t i = 0; i < ARRAY_LEN(old); i++)
		n_found += old_encoding_of(as_utf8(*state, old[i].bytes)) != OLD_ENCODING_NONE;
	print_message("%zu of %zu found in UTF-8\n", n_found, ARRAY_LEN(old));
	assert_true(n_found * 4 >= ARRAY_LEN(old) * 3);
}

static void test_proper(_unused_ void **state)
{
	static const struct str proper[] = {
		STR("Nguyễn Thị Phượng"), STR("Trần Văn Đức"), STR("Ủy ban nhân dân xã Nghĩa Đồng"), STR("Quỳnh Lưu"), STR("Lầu Bá Tu"), STR("Moong Văn Nghệ"),
		STR("Nghe An"), STR("plain text, 12"), STR(""), STR("Nguye\xcc\x82\xcc\x83n"), STR("José Müller"), STR("O’Neill – №1"),
	};

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
