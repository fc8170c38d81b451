/*
 * The kernels of compressed codes and of their rotation, in the table that IMF_CPU allows: against twins written from
 * the definitions and against the plain C table, equal to the bit. Data lies against an unreadable page, once at its
 * start and once at its end, so that a kernel that reaches over either edge stops the test; outputs have guard values.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "kern/kern.h"
#include "randoms.h"

/* ---- Memory between two pages that nobody may touch -------------------------------------------------------------- */

typedef struct fenced {
    unsigned char *start, *end;
} fenced;

static fenced make_fenced(size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), inner = (bytes + page - 1) / page * page;
    unsigned char *p = mmap(NULL, inner + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(p != MAP_FAILED);
    assert_int_equal(mprotect(p, page, PROT_NONE), 0);
    assert_int_equal(mprotect(p + page + inner, page, PROT_NONE), 0);
    return (fenced){p + page, p + page + inner};
}

static void free_fenced(fenced f)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap(f.start - page, (size_t)(f.end - f.start) + 2 * page);
}

/* `bytes` of it that begin at its start or stop at its end. */
static void *against(fenced f, bool end, size_t bytes)
{
    return end ? f.end - bytes : f.start;
}

enum { MAX_ROWS = 35, GUARD = 4 };
static const size_t counts[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, MAX_ROWS};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Guard values around rows' results, which are of 32 bits. */
static void guard_results(uint32_t out[MAX_ROWS + 2 * GUARD])
{
    for (size_t i = 0; i < MAX_ROWS + 2 * GUARD; i++)
        out[i] = 0xA5A5A5A5u;
}

static void check_guards(const uint32_t out[MAX_ROWS + 2 * GUARD], size_t rows)
{
    for (size_t i = 0; i < MAX_ROWS + 2 * GUARD; i++)
        if ((i < GUARD || i >= GUARD + rows) && out[i] != 0xA5A5A5A5u)
            fail_msg("%zu rows: result %zu was written", rows, i);
}

/* ---- Codes of one bit -------------------------------------------------------------------------------------------- */

enum { MAX_WORDS = 67 };

/* Bit by bit: what the query's number of four bits is wherever the code has a one. */
static uint32_t bits_twin(const uint64_t *code, const uint64_t *query, size_t words)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < words * 64; i++)
        for (unsigned b = 0; b < 4; b++)
            if ((code[i / 64] >> (i % 64)) & 1 && (query[b * words + i / 64] >> (i % 64)) & 1)
                sum += 1u << b;
    return sum;
}

static void fill_words(uint64_t *p, size_t n, unsigned kind)
{
    for (size_t i = 0; i < n; i++)
        p[i] = kind == 0 ? ~(uint64_t)0 : kind == 1 ? random_64() & random_64() & random_64() : random_64();
}

static void scans_of_bits(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    const fenced code_memory = make_fenced(MAX_ROWS * MAX_WORDS * 8), query_memory = make_fenced(4 * MAX_WORDS * 8);
    const size_t all_words[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 15, 16, 17, 31, 32, 33, 63, 64, 65, MAX_WORDS};
    for (size_t l = 0; l < LENGTH(all_words); l++)
        for (size_t c = 0; c < LENGTH(counts); c++)
            for (unsigned kind = 0; kind < 4; kind++) {
                const size_t words = all_words[l], rows = counts[c];
                uint64_t *codes = against(code_memory, kind & 1, rows * words * 8);
                uint64_t *query = against(query_memory, kind & 1, 4 * words * 8);
                uint32_t out[MAX_ROWS + 2 * GUARD], plain[MAX_ROWS];
                fill_words(codes, rows * words, kind);
                fill_words(query, 4 * words, kind / 2 * 2); /* at first all ones: the greatest sums */
                guard_results(out);
                k->scan_bits(out + GUARD, query, codes, rows, words);
                check_guards(out, rows);
                imf_kern_ref()->scan_bits(plain, query, codes, rows, words);
                for (size_t row = 0; row < rows; row++) {
                    const uint32_t expected = bits_twin(codes + row * words, query, words);
                    if (out[GUARD + row] != expected || plain[row] != expected)
                        fail_msg("%zu words, row %zu of %zu: %u, plain C %u, expected %u", words, row, rows,
                                 out[GUARD + row], plain[row], expected);
                }
            }
    free_fenced(code_memory);
    free_fenced(query_memory);
}

/* ---- Codes of eight bits ----------------------------------------------------------------------------------------- */

enum { MAX_DIM = 4096 };

/* -127..127; the kinds 0 and 1 are the greatest products of one sign and of alternating signs. */
static void fill_bytes(int8_t *p, size_t n, unsigned kind)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (int8_t)(kind == 0 ? -127 : kind == 1 ? (i % 2 ? 127 : -127) : (int)(random_bits() % 255) - 127);
}

static void check_dots(const imf_kern *k, const int8_t *q, const int8_t *data, size_t rows, size_t dim)
{
    uint32_t out[MAX_ROWS + 2 * GUARD];
    int32_t plain[MAX_ROWS];
    guard_results(out);
    k->dot_s8((int32_t *)out + GUARD, q, data, rows, dim);
    check_guards(out, rows);
    imf_kern_ref()->dot_s8(plain, q, data, rows, dim);
    for (size_t row = 0; row < rows; row++) {
        int64_t expected = 0;
        for (size_t i = 0; i < dim; i++)
            expected += (int64_t)q[i] * data[row * dim + i];
        const int32_t got = (int32_t)out[GUARD + row];
        if (got != expected || plain[row] != expected)
            fail_msg("dim %zu, row %zu of %zu: %d, plain C %d, expected %lld", dim, row, rows, got, plain[row],
                     (long long)expected);
    }
}

static void products_of_codes(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    const fenced row_memory = make_fenced(MAX_ROWS * MAX_DIM), query_memory = make_fenced(MAX_DIM);
    const size_t dims[] = {1,   2,   3,   7,   8,   15,  16,  17,   31,   32,   33,     63,  64,
                           65,  79,  80,  95,  96,  127, 128, 129,  191,  192,  193,    255, 257,
                           511, 512, 513, 767, 768, 769, 999, 1024, 1025, 4095, MAX_DIM};
    for (size_t l = 0; l < LENGTH(dims); l++)
        for (size_t c = 0; c < LENGTH(counts); c++)
            for (unsigned kind = 0; kind < 4; kind++) {
                const size_t dim = dims[l], rows = counts[c];
                int8_t *data = against(row_memory, kind & 1, rows * dim);
                int8_t *q = against(query_memory, kind & 1, dim);
                fill_bytes(data, rows * dim, kind);
                fill_bytes(q, dim, kind / 2 * 2);
                check_dots(k, q, data, rows, dim);
            }
    free_fenced(row_memory);
    free_fenced(query_memory);
}

/* The products of halves once more, against the plain C table and the unreadable pages. */
static void products_of_halves_stay_inside(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    enum { DIM = 530, ROWS = 9 };
    const fenced row_memory = make_fenced(ROWS * DIM * 2), query_memory = make_fenced(DIM * 4);
    for (size_t dim = 1; dim <= DIM; dim += dim < 40 ? 1 : 7)
        for (size_t rows = 0; rows <= ROWS; rows++)
            for (int end = 0; end < 2; end++) {
                uint16_t *data = against(row_memory, end, rows * dim * 2);
                float *q = against(query_memory, end, dim * 4);
                double got[2][ROWS], plain[2][ROWS];
                for (size_t i = 0; i < rows * dim; i++)
                    data[i] = (uint16_t)(random_bits() & (i < dim ? 0x8000 : 0xBFFF)); /* zeros; below 2, finite */
                for (size_t i = 0; i < dim; i++)
                    q[i] = random_unit();
                k->dot_f16(got[0], got[1], q, data, rows, dim);
                imf_kern_ref()->dot_f16(plain[0], plain[1], q, data, rows, dim);
                if (memcmp(got[0], plain[0], rows * 8) != 0 || memcmp(got[1], plain[1], rows * 8) != 0)
                    fail_msg("dim %zu, %zu rows: other bits than plain C", dim, rows);
            }
    free_fenced(row_memory);
    free_fenced(query_memory);
}

/* ---- Rotation ---------------------------------------------------------------------------------------------------- */

enum { MAX_N = 8192 };

/* Element i of the transform from its definition: the sign is the parity of the bits that i and j share. */
static int64_t hadamard_twin(const float *x, size_t n, size_t i)
{
    int64_t sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += __builtin_parityll(i & j) ? -(int64_t)x[j] : (int64_t)x[j];
    return sum;
}

/* Integers are exact in every order of sums: the definition itself. */
static void transform_of_integers(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    static float in[MAX_N], out[MAX_N];
    for (size_t n = 1; n <= MAX_N; n *= 2) {
        for (size_t i = 0; i < n; i++)
            in[i] = out[i] = (float)((int)(random_bits() % 2001) - 1000);
        k->hadamard(out, n);
        for (size_t i = 0; i<n; i += n> 1024 ? 1 + random_bits() % 16 : 1) {
            const int64_t expected = hadamard_twin(in, n, i);
            if ((double)out[i] != (double)expected)
                fail_msg("n %zu, element %zu: %g, expected %lld", n, i, (double)out[i], (long long)expected);
        }
        k->hadamard(out, n);
        for (size_t i = 0; i < n; i++)
            assert_true((double)out[i] == (double)in[i] * (double)n);
    }
}

static void transform_equals_plain_c(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    const fenced memory = make_fenced((MAX_N + GUARD) * 4);
    static float expected[MAX_N];
    for (size_t n = 1; n <= MAX_N; n *= 2)
        for (size_t shift = 0; shift <= 2 * GUARD; shift++) { /* odd alignments; the first and last touch a fence */
            const bool end = shift > GUARD;
            const size_t before = end ? 2 * GUARD - shift : shift;
            float *x = (float *)against(memory, end, (n + (end ? before : 0)) * 4) + (end ? 0 : before);
            memset(memory.start, 0xA5, (size_t)(memory.end - memory.start));
            for (size_t i = 0; i < n; i++) /* of unlike sizes, so that each sum rounds; zeros of both signs too */
                x[i] = random_bits() % 8 == 0 ? (random_bits() % 2 ? -0.0f : 0.0f)
                                              : random_unit() * (float)(1u << random_bits() % 20);
            memcpy(expected, x, n * 4);
            imf_kern_ref()->hadamard(expected, n);
            k->hadamard(x, n);
            if (memcmp(x, expected, n * 4) != 0)
                fail_msg("n %zu, shift %zu: other bits than plain C", n, shift);
            for (unsigned char *p = memory.start; p < memory.end; p++)
                if ((p < (unsigned char *)x || p >= (unsigned char *)(x + n)) && *p != 0xA5)
                    fail_msg("n %zu, shift %zu: a byte outside was written", n, shift);
        }
    free_fenced(memory);
}

static void flips_of_signs(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_get();
    enum { MAX = 300 };
    const fenced memory = make_fenced(MAX * 4), mask_memory = make_fenced(MAX);
    for (size_t n = 0; n <= MAX; n++)
        for (int end = 0; end < 2; end++) {
            const size_t words = (n + 63) / 64;
            uint32_t *x = against(memory, end, n * 4), before[MAX], plain[MAX];
            uint64_t *mask = against(mask_memory, end, words * 8);
            memset(memory.start, 0xA5, (size_t)(memory.end - memory.start));
            for (size_t i = 0; i < n; i++)
                before[i] = plain[i] = x[i] = random_bits() % 4 ? random_bits() : random_bits() & 0x80000000u;
            fill_words(mask, words, 2);
            k->sign_flip((float *)x, mask, n);
            imf_kern_ref()->sign_flip((float *)plain, mask, n);
            for (size_t i = 0; i < n; i++) {
                const uint32_t expected = before[i] ^ ((mask[i / 64] >> (i % 64)) & 1 ? 0x80000000u : 0);
                if (x[i] != expected || plain[i] != expected)
                    fail_msg("n %zu, element %zu: %08X, plain C %08X, expected %08X", n, i, x[i], plain[i], expected);
            }
            for (unsigned char *p = memory.start; p < memory.end; p++)
                assert_true((p >= (unsigned char *)x && p < (unsigned char *)(x + n)) || *p == 0xA5);
        }
    free_fenced(memory);
    free_fenced(mask_memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_of_bits),
        cmocka_unit_test(products_of_codes),
        cmocka_unit_test(products_of_halves_stay_inside),
        cmocka_unit_test(transform_of_integers),
        cmocka_unit_test(transform_equals_plain_c),
        cmocka_unit_test(flips_of_signs),
    };
    random_seed();
    printf("# the table \"%s\"\n", imf_kern_get()->name);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
