/* run_main.c - a main() for fuzz targets in builds without a fuzzer: feeds
 * each file named, and each file in a directory named, to the target once. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define INPUT_MAX (1u << 20)

static int
run_file(const char *path)
{
	FILE *f = fopen(path, "rbe");
	uint8_t *p = malloc(INPUT_MAX);
	if (f == NULL || p == NULL) {
		perror(path);
		exit(2);
	}
	size_t n = fread(p, 1, INPUT_MAX, f);
	fclose(f);
	/* Exactly as large as it is, so that an overrun is seen. */
	uint8_t *tight = realloc(p, n > 0 ? n : 1);
	(void)LLVMFuzzerTestOneInput(tight, n);
	free(tight);
	return 1;
}

static int
run_path(const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0) {
		perror(path);
		exit(2);
	}
	if (!S_ISDIR(st.st_mode))
		return run_file(path);
	DIR *d = opendir(path);
	int n = 0;
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		char name[4096];
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		n += run_file(name);
	}
	if (d != NULL)
		closedir(d);
	return n;
}

int
main(int argc, char **argv)
{
	int n = 0;
	for (int i = 1; i < argc; i++)
		n += run_path(argv[i]);
	(void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("%d inputs\n", n);
	return 0;
}
