/*
 * replay_main.c: runs a fuzz target over the files of the folders and the files given, as a
 * normal test.  Fails when there was no file to run.
 *
 * With --mutate=SECONDS it also runs seeded random changes of them: no coverage feedback, but
 * it needs nothing but a compiler.  --seed=N repeats a run.
 */
#include "common/base/clock.h"
#include "common/base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUTS_MAX 4096
#define INPUT_MAX_BYTES ((size_t)64 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	uint8_t *bytes;
	size_t len;
};

static struct input inputs[INPUTS_MAX];
static size_t n_inputs;
static uint64_t random_state;

static void give_up(const char *what, const char *path)
{
	(void)fprintf(stderr, "%s: %s\n", path, what);
	exit(1);
}

/* Exactly as long as the file, so that AddressSanitizer sees a read past its end. */
static uint8_t *exact_copy(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (!copy)
		abort();
	if (len > 0)
		memcpy(copy, bytes, len);
	return copy;
}

static void load(const char *path)
{
	static uint8_t buffer[INPUT_MAX_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buffer, sizeof(buffer));

	if (n < 0)
		give_up("cannot be read", path);
	if (n_inputs == INPUTS_MAX)
		give_up("one file too many", path);
	close(fd);
	inputs[n_inputs++] = (struct input){ exact_copy(buffer, (size_t)n), (size_t)n };
}

static void load_folder(const char *path)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;
	char name[4096];

	if (!folder)
		give_up("cannot be opened", path);
	while ((entry = readdir(folder))) {
		int len = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		if (len < 0 || (size_t)len >= sizeof(name))
			give_up("name too long", path);
		load(name);
	}
	closedir(folder);
}

/* xorshift64: the same on every machine for the same seed. */
static size_t random_size(size_t bound)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (size_t)(random_state % bound);
}

/* One change in a buffer of INPUT_MAX_BYTES. */
static size_t change(uint8_t *bytes, size_t len)
{
	static const uint8_t interesting[] = "\"\\{}[]%&=+#?/:@;\n\0\x7f\x80\xc3\xff ,.-0";
	size_t at = random_size(len + 1), n = random_size(8) + 1;
	const struct input *other = &inputs[random_size(n_inputs)];

	switch (random_size(5)) {
	case 0: /* one byte */
		if (at < len)
			bytes[at] = (uint8_t)random_size(256);
		return len;
	case 1: /* insert */
		if (len + 1 > INPUT_MAX_BYTES)
			return len;
		memmove(bytes + at + 1, bytes + at, len - at);
		bytes[at] = interesting[random_size(sizeof(interesting))];
		return len + 1;
	case 2: /* cut out */
		if (n > len - at)
			n = len - at;
		memmove(bytes + at, bytes + at + n, len - at - n);
		return len - n;
	case 3: /* repeat */
		if (n > len - at || len + n > INPUT_MAX_BYTES)
			return len;
		memmove(bytes + at + n, bytes + at, len - at);
		return len + n;
	default: /* go on as another input does */
		if (at > other->len)
			return len;
		memcpy(bytes + at, other->bytes + at, other->len - at);
		return other->len;
	}
}

static size_t mutate_for(uint64_t seconds)
{
	static uint8_t buffer[INPUT_MAX_BYTES];
	int64_t end_ms = clock_mono_ms() + (int64_t)seconds * 1000;
	size_t n_runs = 0;

	while (clock_mono_ms() < end_ms) {
		const struct input *input = &inputs[random_size(n_inputs)];
		size_t len = input->len;

		memcpy(buffer, input->bytes, len);
		for (size_t n = random_size(6) + 1; n > 0; n--)
			len = change(buffer, len);

		uint8_t *copy = exact_copy(buffer, len);

		LLVMFuzzerTestOneInput(copy, len);
		free(copy);
		n_runs++;
	}
	return n_runs;
}

static bool take_number(struct str arg, struct str prefix, uint64_t *ret_value)
{
	if (!str_starts(arg, prefix))
		return false;
	if (!str_to_u64(str_skip(arg, prefix.len), UINT32_MAX, ret_value))
		give_up("not a number", arg.p);
	return true;
}

int main(int argc, char **argv)
{
	uint64_t seconds = 0, seed = 1;
	size_t n_mutations;

	for (int i = 1; i < argc; i++) {
		struct str arg = str_c(argv[i]);
		struct stat st;

		if (take_number(arg, STR("--mutate="), &seconds) || take_number(arg, STR("--seed="), &seed))
			continue;
		if (stat(argv[i], &st) != 0)
			give_up("not there", argv[i]);
		if (S_ISDIR(st.st_mode))
			load_folder(argv[i]);
		else
			load(argv[i]);
	}
	if (n_inputs == 0)
		give_up("no input was run", argv[0]);
	for (size_t i = 0; i < n_inputs; i++)
		LLVMFuzzerTestOneInput(inputs[i].bytes, inputs[i].len);
	random_state = seed * 0x9e3779b97f4a7c15u + 1;
	n_mutations = mutate_for(seconds);
	printf("%zu files, %zu mutations\n", n_inputs, n_mutations);
	for (size_t i = 0; i < n_inputs; i++)
		free(inputs[i].bytes);
	return 0;
}
