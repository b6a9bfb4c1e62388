/* bare: what the system needs for N files, and nothing else: one thread creates,
 * writes and closes them, one after the other.
 *
 *   cc -O2 -o bare bare.c
 *   bare DIR N SIZE flat      DIR/00562bxxxxxx.xml
 *   bare DIR N SIZE folder    DIR/00562bxxxxxx/8861-3PCC.xml
 *
 * The names are those of the fleet in fleet.go. Each file's content differs in
 * its first bytes, so that no two writes are of the same memory.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int ok, const char *what)
{
	if (!ok) {
		perror(what);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: bare DIR N SIZE flat|folder\n");
		return 2;
	}
	long n = atol(argv[2]), size = atol(argv[3]);
	int folder = strcmp(argv[4], "folder") == 0;
	check(mkdir(argv[1], 0755) == 0, argv[1]);
	int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	check(dir >= 0, argv[1]);
	char *data = malloc(size + 32);
	check(data != NULL, "malloc");
	memset(data, 'x', size);
	for (long i = 0; i < n; i++) {
		char name[64];
		int length = sprintf(name, "00562b%06lx", (unsigned long)(i * 2654435761UL) & 0xffffff);
		if (folder)
			check(mkdirat(dir, name, 0755) == 0, name);
		strcpy(name + length, folder ? "/8861-3PCC.xml" : ".xml");
		memcpy(data, name, length);
		int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
		check(fd >= 0, name);
		check(write(fd, data, size) == size, name);
		check(close(fd) == 0, name);
	}
	return 0;
}
