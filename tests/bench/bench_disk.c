/*
 * bench_disk NAME FILE SECONDS: how often a second the disk makes a write durable: 8 KiB written over
 * and over inside a file of 16 MiB, as PostgreSQL writes its log, each followed by fdatasync(2).
 */
#include "common/base/clock.h"
#include "tests/bench/measure.h"

#include <err.h>
#include <fcntl.h>
#include <unistd.h>

#define PAGE_BYTES 8192
#define FILE_PAGES 2048
#define SECONDS_MAX 600
#define US_PER_S 1000000

static int open_filled(const char *path, const char *page)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		err(1, "%s", path);
	for (int i = 0; i < FILE_PAGES; i++)
		if (pwrite(fd, page, PAGE_BYTES, (off_t)i * PAGE_BYTES) != PAGE_BYTES)
			err(1, "%s", path);
	if (fsync(fd) < 0)
		err(1, "%s", path);
	return fd;
}

int main(int argc, char **argv)
{
	static char page[PAGE_BYTES] = "sen";
	struct measure m = { 0 };
	int64_t start_us, end_us, before_us, now_us;
	int fd;

	if (argc != 4)
		errx(2, "usage: bench_disk NAME FILE SECONDS");
	fd = open_filled(argv[2], page);
	start_us = now_us = clock_mono_us();
	end_us = start_us + (int64_t)argument_number("SECONDS", argv[3], SECONDS_MAX) * US_PER_S;
	for (int i = 0; now_us < end_us; i = (i + 1) % FILE_PAGES) {
		before_us = now_us;
		if (pwrite(fd, page, PAGE_BYTES, (off_t)i * PAGE_BYTES) != PAGE_BYTES || fdatasync(fd) < 0)
			err(1, "%s", argv[2]);
		now_us = clock_mono_us();
		measure_add(&m, now_us - before_us);
	}
	m.elapsed_us = now_us - start_us;
	measure_print(&m, argv[1], stdout);
	puts("}");
	measure_free(&m);
	close(fd);
	return unlink(argv[2]) < 0;
}
