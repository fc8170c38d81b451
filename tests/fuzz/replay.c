/*
 * Runs a fuzz target over every file of the folder given, as an ordinary test: the corpus is checked in each run,
 * without libFuzzer. Prints TAP, one test for the whole corpus. Each file also goes in with its bytes damaged: cut
 * at every length (of small files) and with single bytes changed, so that a small corpus reaches far.
 *
 * To fuzz for real, build the target with clang -fsanitize=fuzzer,address in place of this file.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MAX_FILE = 16 << 20,
    MAX_VARIANTS = 400 /* of a file, of either kind */
};

/* Feeds an exact copy, so that the address sanitizer sees the first byte read past the end. */
static void feed(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);

    if (copy == NULL)
        exit(1);
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void feed_variants(uint8_t *data, size_t size)
{
    static const uint8_t changes[] = {0x01, 0x80, 0xff};
    size_t step = size / MAX_VARIANTS + 1;

    feed(data, size);
    for (size_t n = 0; n < size; n += step)
        feed(data, n);
    for (size_t i = 0; i < size; i += step) {
        for (size_t k = 0; k < sizeof changes; k++) {
            data[i] ^= changes[k];
            feed(data, size);
            data[i] ^= changes[k];
        }
    }
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int n = argc == 2 ? scandir(argv[1], &entries, is_file, alphasort) : -1, failed = 0;

    if (n <= 0) { /* an empty corpus tests nothing */
        printf("1..1\nnot ok 1 - no corpus in %s\n", argc == 2 ? argv[1] : "(no folder given)");
        return 1;
    }
    printf("1..1\n");
    for (int i = 0; i < n; i++) {
        char path[4096];
        struct stat st;
        uint8_t *data = NULL;
        FILE *f = NULL;
        snprintf(path, sizeof path, "%s/%s", argv[1], entries[i]->d_name);
        f = fopen(path, "rb");
        if (f == NULL || fstat(fileno(f), &st) != 0 || st.st_size > MAX_FILE ||
            (data = malloc((size_t)st.st_size + 1)) == NULL ||
            fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size) {
            printf("# %s cannot be read\n", entries[i]->d_name);
            failed = 1;
        } else {
            printf("# %s\n", entries[i]->d_name); /* told before, for the case of a crash */
            fflush(stdout);
            feed_variants(data, (size_t)st.st_size);
        }
        if (f != NULL)
            fclose(f);
        free(data);
        free(entries[i]);
    }
    free(entries);
    printf("%sok 1 - %d files and their damaged variants\n", failed ? "not " : "", n);
    return failed;
}
