/*
 * Damage to segment files: every single byte flipped, every shorter length, foreign and contradicting headers,
 * random headers and blocks with right checksums. Each is either told as damage with the file's name or leaves the
 * answers as they were; nothing crashes.
 */
#include "helper.h"

#include "index/block.h"

enum { DIM = 5, ROWS = 100 }; /* one full block, one with 36 rows */

static home h;
static float *rows;
static unsigned char *sound; /* the file as it was written */
static size_t sound_n;
static answer right;

static int setup(void **unused)
{
    (void)unused;
    imf_err err = {0};
    rows = random_rows(ROWS, DIM);
    fill_home(&h, DIM, rows, ROWS, IMF_SEGMENT_ROWS);
    sound = read_file(segment_path(&h, 1), &sound_n);
    assert_int_equal(ask(&h, rows, ROWS, &right, &err), IMF_OK);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    home_clear(&h);
    free(rows);
    free(sound);
    return 0;
}

/* Asks and verifies; returns whether the damage was told. Answers that come all the same must be right. */
static bool told(const char *situation, size_t at)
{
    answer a;
    imf_err err = {0};
    int rc = ask(&h, rows, ROWS, &a, &err);
    if (rc == IMF_OK) {
        if (memcmp(a.ids, right.ids, ROWS * sizeof a.ids[0]) != 0 ||
            memcmp(a.scores, right.scores, ROWS * sizeof a.scores[0]) != 0)
            fail_msg("%s at %zu: another answer", situation, at);
        return false;
    }
    if (rc != IMF_EDAMAGE || !strstr(err.msg, segment_path(&h, 1)) || !strstr(err.msg, "imagefinder verify"))
        fail_msg("%s at %zu: %d %s", situation, at, rc, err.msg);
    return true;
}

static void the_file_is_as_documented(void **unused)
{
    (void)unused;
    const imf_kern *k = imf_kern_ref();
    uint32_t u;
    const size_t row = DIM * 2, block = 64 * row + 64;
    assert_int_equal(sound_n, 8192 + block + (ROWS - 64) * row);
    assert_memory_equal(sound, "IMFSEG\r\n", 8);
    for (size_t slot = 0; slot < 8192; slot += 4096) {
        const uint32_t expected[][2] = {{8, 1},  {12, 64}, {16, slot ? 2 : 1}, {20, 0}, {24, DIM},
                                        {28, 1}, {64, 1},  {68, 1 << 20},      {72, 0}, {76, 1}};
        for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
            memcpy(&u, sound + slot + expected[i][0], 4);
            assert_int_equal(u, expected[i][1]);
        }
        assert_memory_equal(sound + slot + 32, h.space.space, 16);
        assert_memory_equal(sound + slot + 48, h.space.catalog, 16);
        assert_memory_equal(sound + slot + 128, "P2\0\0f16\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x0A\0\0\0\0\0\0\0", 32);
        for (size_t i = 160; i < 4092; i++)
            assert_int_equal(sound[slot + i], 0);
        memcpy(&u, sound + slot + 4092, 4);
        assert_int_equal(u, k->crc32c(0, sound + slot, 4092));
    }
    const unsigned char *trailer = sound + 8192 + 64 * row;
    memcpy(&u, trailer, 4);
    assert_int_equal(u, k->crc32c(0, sound + 8192, 64 * row));
    assert_memory_equal(trailer + 4, "\x40\0\0\0IMFB\0\0\0\0", 12);
    for (int i = 16; i < 64; i++)
        assert_int_equal(trailer[i], 0);
    assert_int_equal(h.segments[0].tail_crc, k->crc32c(0, sound + 8192 + block, (ROWS - 64) * row));
    assert_int_equal(h.segments[0].rows, ROWS);
    assert_int_equal(h.segments[0].generation, 1);

    for (size_t r = 0; r < ROWS; r++) { /* unit rows, through f64 and f32 to f16 */
        double norm2 = 0;
        for (size_t i = 0; i < DIM; i++)
            norm2 += (double)rows[r * DIM + i] * rows[r * DIM + i];
        for (size_t i = 0; i < DIM; i++) {
            float unit = (float)(rows[r * DIM + i] / sqrt(norm2));
            uint16_t half;
            k->f32_to_f16(&half, &unit, 1);
            assert_memory_equal(sound + 8192 + r / 64 * block + r % 64 * row + 2 * i, &half, 2);
        }
    }
}

static void a_flipped_byte_anywhere(void **unused)
{
    (void)unused;
    faults f;
    for (size_t at = 0; at < sound_n; at++) {
        unsigned char bad = (unsigned char)(sound[at] ^ (1u << random_bits() % 8));
        write_at(segment_path(&h, 1), at, &bad, 1);
        bool was_told = told("flip", at), header = at < 8192;
        if (was_told == header) /* one of the two headers is enough; everything else counts */
            fail_msg("flip at %zu: %s", at, was_told ? "told" : "not told");
        if (at % 16 == 0 || at >= 8192) {
            verify_home(&h, &f);
            bool tail = at >= sound_n - (ROWS - 64) * DIM * 2;
            assert_int_equal(f.n, header ? 0 : 1);
            assert_int_equal(f.rows, header ? 0 : tail ? ROWS - 64 : 64);
            if (!header) {
                assert_string_equal(f.first, tail ? "block 1 fails its checksum (rows 64-99)"
                                                  : "block 0 fails its checksum (rows 0-63)");
                assert_string_equal(f.file, segment_path(&h, 1));
            }
        }
        write_at(segment_path(&h, 1), at, sound + at, 1);
    }
    verify_home(&h, &f);
    assert_int_equal(f.n, 0);
}

static void both_headers(void **unused)
{
    (void)unused;
    faults f;
    for (int i = 0; i < 300; i++) {
        size_t a = random_bits() % 4096, b = 4096 + random_bits() % 4096;
        unsigned char bad_a = (unsigned char)(sound[a] ^ 0x10), bad_b = (unsigned char)(sound[b] ^ 0x01);
        write_at(segment_path(&h, 1), a, &bad_a, 1);
        write_at(segment_path(&h, 1), b, &bad_b, 1);
        assert_true(told("both headers", a));
        verify_home(&h, &f);
        assert_int_equal(f.n, 1);
        assert_int_equal(f.rows, ROWS);
        write_at(segment_path(&h, 1), a, sound + a, 1);
        write_at(segment_path(&h, 1), b, sound + b, 1);
    }
}

static void cut_at_every_length(void **unused)
{
    (void)unused;
    const size_t first_block = 8192 + 64 * DIM * 2 + 64;
    faults f;
    for (size_t n = sound_n; n-- > 0;) {
        assert_int_equal(truncate(segment_path(&h, 1), (off_t)n), 0);
        if (!told("cut", n))
            fail_msg("cut at %zu: not told", n);
        if (n % 64 == 0 || n > 8100) {
            verify_home(&h, &f);
            assert_int_equal(f.n, 1);
            assert_int_equal(f.rows, n < first_block ? ROWS : ROWS - 64);
        }
        imf_index *x = NULL; /* a writer must not make it worse */
        imf_err err = {0};
        assert_int_equal(
            imf_index_open(&x, imf_file_posix(), h.folder, &h.space, h.segments, h.n, true, h.next, false, &err),
            IMF_EDAMAGE);
        assert_null(x);
        assert_int_equal(file_size(segment_path(&h, 1)), n);
    }
    assert_int_equal(unlink(segment_path(&h, 1)), 0);
    assert_true(told("missing", 0));
    verify_home(&h, &f);
    assert_int_equal(f.rows, ROWS);
    assert_string_equal(f.first, "the file is missing");
    write_file(segment_path(&h, 1), sound, sound_n);
    assert_false(told("nothing", 0));
}

static void a_cut_and_a_damaged_block_are_both_told(void **unused)
{
    (void)unused;
    faults f;
    unsigned char bad = (unsigned char)(sound[8200] ^ 1);
    write_file(segment_path(&h, 1), sound, sound_n - 1);
    write_at(segment_path(&h, 1), 8200, &bad, 1);
    verify_home(&h, &f);
    assert_int_equal(f.n, 2);
    assert_int_equal(f.rows, ROWS);
    assert_string_equal(f.first, "9256 bytes expected, 9255 found, rows 64-99 are touched");
    write_file(segment_path(&h, 1), sound, sound_n);
}

static void a_damaged_last_block_takes_no_new_rows(void **unused)
{
    (void)unused;
    unsigned char bad = (unsigned char)(sound[sound_n - 1] ^ 0x80);
    imf_index *x = NULL;
    imf_err err = {0};
    write_at(segment_path(&h, 1), sound_n - 1, &bad, 1);
    assert_int_equal(
        imf_index_open(&x, imf_file_posix(), h.folder, &h.space, h.segments, h.n, true, h.next, false, &err),
        IMF_EDAMAGE);
    assert_non_null(strstr(err.msg, "block 1 fails its checksum (rows 64-99)"));
    write_at(segment_path(&h, 1), sound_n - 1, sound + sound_n - 1, 1);
}

/* ---- Headers with right checksums -------------------------------------------------------------------------------- */

static void put_slot(int which, imf_segment_slot *slot)
{
    slot->crc = imf_kern_ref()->crc32c(0, slot, 4092);
    write_at(segment_path(&h, 1), which ? 4096 : 0, slot, sizeof *slot);
}

static void restore(void)
{
    write_file(segment_path(&h, 1), sound, sound_n);
}

static void the_newest_valid_header_counts(void **unused)
{
    (void)unused;
    imf_segment_slot slot;
    memcpy(&slot, sound, sizeof slot);
    slot.generation = 3; /* an update in place of the slot that does not count */
    slot.dim = DIM + 1;
    put_slot(0, &slot);
    assert_true(told("newer header", 0));
    write_at(segment_path(&h, 1), 700, "torn", 4); /* torn: the old one counts again */
    assert_false(told("torn header", 0));
    restore();
}

static void foreign_files_are_refused(void **unused)
{
    (void)unused;
    home other = h;
    imf_err err = {0};
    answer a;
    other.space.catalog[3] ^= 1;
    assert_int_equal(ask(&other, rows, 1, &a, &err), IMF_EDAMAGE);
    assert_non_null(strstr(err.msg, "another catalog"));
    err = (imf_err){0};
    other = h;
    other.space.space[15] ^= 1;
    assert_int_equal(ask(&other, rows, 1, &a, &err), IMF_EDAMAGE);
    assert_non_null(strstr(err.msg, "another space"));
    err = (imf_err){0};
    other = h;
    other.space.dim = 4;
    assert_int_equal(ask(&other, rows, 1, &a, &err), IMF_EDAMAGE);
    assert_non_null(strstr(err.msg, "5 numbers, 4 expected"));
    err = (imf_err){0};
    other = h;
    other.segments[0].number = 2;
    write_file(segment_path(&h, 2), sound, sound_n);
    assert_int_equal(ask(&other, rows, 1, &a, &err), IMF_EDAMAGE);
    assert_non_null(strstr(err.msg, "00000002.seg"));
    assert_non_null(strstr(err.msg, "header says segment 1"));
    assert_int_equal(unlink(segment_path(&h, 2)), 0);
    for (int i = 0; i < 5; i++) { /* a catalog that is wrong itself */
        const uint32_t wrong[] = {99, 101, 128, IMF_SEGMENT_ROWS + 1, UINT32_MAX};
        err = (imf_err){0};
        other = h;
        other.segments[0].rows = wrong[i];
        assert_int_equal(ask(&other, rows, 1, &a, &err), IMF_EDAMAGE);
    }
}

static void contradictions_are_told(void **unused)
{
    (void)unused;
    for (int i = 0; i < 19; i++) {
        imf_segment_slot slot;
        memcpy(&slot, sound + 4096, sizeof slot);
        bool harmless = false;
        /* clang-format off */
        switch (i) {
        case 0: slot.version = 2; break;
        case 1: slot.version = 0; break;
        case 2: slot.block_rows = 0; break;
        case 3: slot.metric = 2; break;
        case 4: slot.dim = 0; break;
        case 5: slot.capacity = 0; break;
        case 6: slot.capacity = 64; break; /* fewer than the committed rows */
        case 7: slot.capacity = UINT32_MAX; break;
        case 8: slot.rows = 99; break;
        case 9: slot.n_planes = 0; break;
        case 10: slot.n_planes = UINT32_MAX; break;
        case 11: slot.planes[0].offset = 0; break;
        case 12: slot.planes[0].offset = 8193; break;
        case 13: slot.planes[0].offset = UINT64_MAX - 63; break;
        case 14: slot.planes[0].row_bytes = DIM * 4; break;
        case 15: slot.planes[0].length = 1; break;
        case 16: slot.planes[0].element[0] = 's'; break;
        case 17: /* two planes of rows */
            slot.n_planes = 2;
            slot.planes[1] = slot.planes[0];
            break;
        default: /* later versions add planes and seal segments: that is no contradiction */
            harmless = true;
            slot.n_planes = IMF_SEGMENT_PLANES;
            for (int p = 1; p < IMF_SEGMENT_PLANES; p++)
                slot.planes[p] = (imf_plane){.kind = "P0", .element = "u1", .offset = UINT64_MAX, .length = UINT64_MAX};
            slot.planes[0].length = sound_n - 8192;
            slot.rows = ROWS;
            slot.reserved[0] = 1;
        }
        /* clang-format on */
        put_slot(1, &slot);
        if (told("contradiction", (size_t)i) == harmless)
            fail_msg("contradiction %d", i);
        if (harmless) { /* a sealed segment is not grown: the next rows go to a new one, and the file stays as it is */
            imf_index *x = open_writer(&h);
            uint64_t id;
            append_rows(x, rows, 1, &id);
            assert_int_equal(id, (uint64_t)2 << 20);
            imf_index_close(&x);
            assert_int_equal(file_size(segment_path(&h, 1)), sound_n);
        }
        restore();
    }
}

static void random_headers_with_right_checksums(void **unused)
{
    (void)unused;
    for (int i = 0; i < 3000; i++) {
        imf_segment_slot slot;
        memcpy(&slot, sound + 4096, sizeof slot);
        for (uint32_t n = random_bits() % 4 + 1; n > 0; n--) {
            size_t at = random_bits() % 4 ? random_bits() % 192 : random_bits() % 4092;
            ((unsigned char *)&slot)[at] = (unsigned char)(random_bits() % 3   ? random_bits()
                                                           : random_bits() % 2 ? 0xFF
                                                                               : 0);
        }
        put_slot(1, &slot);
        told("random header", (size_t)i);
        faults f;
        verify_home(&h, &f);
    }
    restore();
}

static void random_rows_with_right_checksums(void **unused)
{
    (void)unused;
    home forged = h;
    unsigned char *bytes = malloc(sound_n);
    const size_t row = DIM * 2, trailer = 8192 + 64 * row;
    int refused = 0;
    assert_non_null(bytes);
    for (int i = 0; i < 500; i++) {
        memcpy(bytes, sound, sound_n);
        for (uint32_t n = i > 0 ? random_bits() % 20 + 1 : 0; n > 0; n--) /* the first time nothing but a zero row */
            bytes[8192 + random_bits() % (sound_n - 8192)] = (unsigned char)(random_bits() % 2 ? 0x7F : random_bits());
        memcpy(bytes + trailer, sound + trailer, 64);
        if (i == 0)
            memset(bytes + 8192 + row, 0, row);
        uint32_t crc = imf_kern_ref()->crc32c(0, bytes + 8192, 64 * row);
        memcpy(bytes + trailer, &crc, 4);
        forged.segments[0].tail_crc = imf_kern_ref()->crc32c(0, bytes + trailer + 64, (ROWS - 64) * row);
        write_file(segment_path(&h, 1), bytes, sound_n);
        answer a;
        imf_err err = {0};
        int rc = ask(&forged, rows, ROWS, &a, &err);
        if (rc != IMF_OK) {
            assert_int_equal(rc, IMF_EDAMAGE);
            refused++;
        } else {
            for (int j = 0; j < ROWS; j++)
                assert_true(a.scores[j] >= -1.0f && a.scores[j] <= 1.0f);
        }
        if (i == 0) {
            assert_int_equal(rc, IMF_EDAMAGE);
            assert_non_null(strstr(err.msg, "row 1 of block 0"));
        }
    }
    assert_true(refused > 10 && refused < 500);
    free(bytes);
    restore();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_is_as_documented),
        cmocka_unit_test(a_flipped_byte_anywhere),
        cmocka_unit_test(both_headers),
        cmocka_unit_test(cut_at_every_length),
        cmocka_unit_test(a_cut_and_a_damaged_block_are_both_told),
        cmocka_unit_test(a_damaged_last_block_takes_no_new_rows),
        cmocka_unit_test(the_newest_valid_header_counts),
        cmocka_unit_test(foreign_files_are_refused),
        cmocka_unit_test(contradictions_are_told),
        cmocka_unit_test(random_headers_with_right_checksums),
        cmocka_unit_test(random_rows_with_right_checksums),
    };
    seed_random();
    return cmocka_run_group_tests(tests, setup, teardown);
}
