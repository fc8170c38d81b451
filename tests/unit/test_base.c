/* src/base: errors, their language, memory, buffers, UTF-8, the file layer, the queue. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/mem.h"
#include "base/program.h"
#include "base/thread.h"
#include "base/utf8.h"

static void an_error_is_filled_once_and_forwarded(void **state)
{
    (void)state;
    imf_err err = {0};
    assert_int_equal(imf_fail(&err, IMF_EINPUT, "first %d", 1), IMF_EINPUT);
    assert_int_equal(imf_fail(&err, IMF_EIO, "second"), IMF_EIO);
    assert_int_equal(err.code, IMF_EINPUT);
    assert_string_equal(err.msg, "first 1");
    assert_int_equal(imf_fail(NULL, IMF_EIO, "nobody listens"), IMF_EIO);
}

static void an_error_stays_one_short_line(void **state)
{
    (void)state;
    imf_err err = {0};
    char name[2000];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memcpy(name, "bad\nname\x1b[31m\xff\xe2\x80\xae", 16);
    imf_fail(&err, IMF_EINPUT, "cannot read %s", name);
    assert_true(strlen(err.msg) < 500);
    assert_null(strchr(err.msg, '\n'));
    assert_null(strchr(err.msg, '\x1b'));
    assert_true(imf_utf8_valid(err.msg, strlen(err.msg)));
    assert_null(strstr(err.msg, "\xe2\x80\xae")); /* a mark that would turn the line round */
}

static void an_error_names_the_system_s_reason(void **state)
{
    (void)state;
    imf_err err = {0};
    imf_fail_errno(&err, IMF_EIO, -ENOSPC, "cannot write %s", "x");
    assert_string_equal(err.msg, "cannot write x: No space left on device");
}

static int english_again(void **state)
{
    (void)state;
    imf_set_language(IMF_LANGUAGE_EN);
    return 0;
}

static void an_error_speaks_the_language_in_force(void **state)
{
    (void)state;
    imf_err err = {0};
    assert_int_equal(imf_get_language(), IMF_LANGUAGE_EN);
    imf_set_language(IMF_LANGUAGE_RU);
    assert_int_equal(imf_get_language(), IMF_LANGUAGE_RU);
    imf_fail(&err, IMF_EUNKNOWN, MSG_FINDER_COLLECTION_UNKNOWN, "семья");
    assert_string_equal(err.msg, "нет коллекции «семья»; какие есть, покажет «imagefinder collection list»");
    err = (imf_err){0};
    imf_fail(&err, IMF_EMEM, MSG_OUT_OF_MEMORY, "searching");
    assert_null(strstr(err.msg, "searching"));
    assert_non_null(strstr(err.msg, "не хватило памяти;"));
    err = (imf_err){0};
    imf_fail_errno(&err, IMF_EIO, -ENOSPC, MSG_INDEX_READ, "x");
    assert_non_null(strstr(err.msg, "не удалось прочитать x; "));
    assert_non_null(strstr(err.msg, ": на диске кончилось место"));
    assert_string_equal(imf_tr("a text without a twin"), "a text without a twin");
    imf_set_language((imf_language)7); /* none of ours is English */
    assert_int_equal(imf_get_language(), IMF_LANGUAGE_EN);
    assert_string_equal(imf_tr(MSG_PICTURE_EMPTY), "the file is empty");
}

static void every_reason_of_the_system_has_words(void **state)
{
    static const int usual[] = {
        EPERM,  ENOENT, EIO,   ENOMEM, EACCES, EBUSY,  EEXIST, ENOTDIR, EISDIR,  ENFILE, EMFILE,
        EFBIG,  ENOSPC, EROFS, EPIPE,  ELOOP,  EAGAIN, EINVAL, ENOTSUP, EDQUOT, EADDRINUSE, ENAMETOOLONG,
    };
    (void)state;
    assert_string_equal(imf_errno_text(ENOENT), "No such file or directory");
    assert_string_equal(imf_errno_text(-ENOENT), "No such file or directory");
    assert_string_equal(imf_errno_text(99999), "unknown error");
    imf_set_language(IMF_LANGUAGE_RU);
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        assert_true((unsigned char)imf_errno_text(usual[i])[0] >= 0xD0); /* a Cyrillic letter */
    assert_string_equal(imf_errno_text(-ENOENT), "нет такого файла или папки");
    assert_string_equal(imf_errno_text(ECHILD), "No child processes"); /* a rare one stays as the system has it */
    assert_string_equal(imf_errno_text(99999), "неизвестная ошибка");
    imf_set_language(IMF_LANGUAGE_EN);
}

static void sizes_do_not_overflow(void **state)
{
    (void)state;
    size_t out = 7;
    assert_false(imf_mul_size(SIZE_MAX / 2, 3, &out));
    assert_false(imf_add_size(SIZE_MAX, 1, &out));
    assert_int_equal(out, 7);
    assert_true(imf_mul_size(6, 7, &out));
    assert_int_equal(out, 42);
    assert_null(imf_alloc_array(SIZE_MAX / 2, 4));
    assert_null(imf_realloc_array(NULL, SIZE_MAX / 2, 4));
}

static void an_array_grows_and_keeps_what_it_holds(void **state)
{
    (void)state;
    void *array = NULL;
    size_t cap = 0;
    for (size_t n = 0; n < 1000; n++) {
        assert_true(imf_grow(&array, n, &cap, sizeof(size_t)));
        assert_true(cap > n);
        ((size_t *)array)[n] = n;
    }
    for (size_t n = 0; n < 1000; n++)
        assert_int_equal(((size_t *)array)[n], n);
    size_t huge = SIZE_MAX / 4;
    assert_false(imf_grow(&array, huge, &huge, sizeof(size_t)));
    assert_int_equal(huge, SIZE_MAX / 4);
    imf_free(array);
}

static void the_program_s_folder_is_found(void **state)
{
    (void)state;
    char *folder = imf_program_folder();
    assert_non_null(folder);
    assert_int_equal(folder[0], '/');
    assert_int_not_equal(folder[strlen(folder) - 1], '/');
    assert_int_equal(access(folder, X_OK), 0);
    imf_free(folder);
}

static void an_arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    imf_arena *a = imf_arena_new();
    for (size_t i = 1; i < 3000; i += 37) {
        unsigned char *p = imf_arena_alloc(a, i);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t k = 0; k < i; k++)
            assert_int_equal(p[k], 0);
        memset(p, 0xAA, i);
    }
    assert_non_null(imf_arena_alloc(a, 1 << 20)); /* larger than a chunk */
    assert_null(imf_arena_alloc(a, SIZE_MAX - 3));
    assert_string_equal(imf_arena_sprintf(a, "%s-%d", "кот", 7), "кот-7");
    imf_arena_free(&a);
    assert_null(a);
    imf_arena_free(&a);
}

static void scratch_hands_out_what_it_has_and_no_more(void **state)
{
    (void)state;
    imf_scratch s;
    assert_int_equal(imf_scratch_init(&s, 256), 0);
    assert_non_null(imf_scratch_take(&s, 1));
    assert_non_null(imf_scratch_take(&s, 128));
    assert_null(imf_scratch_take(&s, 128));
    assert_null(imf_scratch_take(&s, SIZE_MAX));
    imf_scratch_reset(&s);
    assert_non_null(imf_scratch_take(&s, 256));
    imf_scratch_clear(&s);
}

static void a_buffer_stops_at_its_ceiling(void **state)
{
    (void)state;
    imf_buf b;
    imf_buf_init(&b, 10);
    assert_true(imf_buf_puts(&b, "12345"));
    assert_true(imf_buf_printf(&b, "%d", 67890));
    assert_string_equal(b.data, "1234567890");
    assert_false(imf_buf_puts(&b, "x"));
    assert_true(b.failed);
    assert_false(imf_buf_puts(&b, ""));
    assert_null(imf_buf_take(&b));
    imf_buf_clear(&b);
}

static void broken_utf8_is_seen(void **state)
{
    (void)state;
    const char *good[] = {"", "abc", "кошка", "€", "😀", "\xf4\x8f\xbf\xbf"};
    const char *bad[] = {"\x80", "\xc3",  "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                         "\xff", "a\xfe", "\xe2\x82"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(imf_utf8_valid(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(imf_utf8_valid(bad[i], strlen(bad[i])));
}

static void sanitising_cuts_at_a_character_s_edge(void **state)
{
    (void)state;
    char out[6];
    assert_int_equal(imf_utf8_sanitise(out, sizeof out, "кот"), 4);
    assert_string_equal(out, "ко");
    assert_int_equal(imf_utf8_sanitise(out, sizeof out, "a\tb\x7f"), 4);
    assert_string_equal(out, "a?b?");
    assert_int_equal(imf_utf8_sanitise(out, sizeof out, "\xff!"), 4);
    assert_string_equal(out, "\xef\xbf\xbd!");
}

static char *temp_folder(void)
{
    char *path = strdup("/tmp/imf-test-base-XXXXXX");
    assert_non_null(mkdtemp(path));
    return path;
}

static int count_name(void *user, const char *name)
{
    assert_string_equal(name, "f");
    ++*(int *)user;
    return 0;
}

static void the_file_layer_reads_what_it_wrote(void **state)
{
    (void)state;
    const imf_file_layer *fl = imf_file_posix();
    char *dir = temp_folder(), path[128], deep[160], moved[128];
    snprintf(path, sizeof path, "%s/f", dir);
    snprintf(moved, sizeof moved, "%s/g", dir);
    snprintf(deep, sizeof deep, "%s/a/b/c", dir);
    imf_file *f = NULL;
    uint64_t size = 0;
    const void *map = NULL;
    char back[16] = "";
    int n = 0;

    assert_int_equal(fl->open(fl->self, path, IMF_FILE_READ, &f), -ENOENT);
    assert_int_equal(fl->open(fl->self, path, IMF_FILE_WRITE | IMF_FILE_EXCL, &f), 0);
    assert_int_equal(fl->pwrite(f, "hello world", 11, 3), 0);
    assert_int_equal(fl->sync(f), 0);
    assert_int_equal(fl->size(f, &size), 0);
    assert_int_equal(size, 14);
    assert_int_equal(fl->pread(f, back, 16, 3), 11); /* short at the end of the file only */
    assert_memory_equal(back, "hello world", 11);
    assert_int_equal(fl->truncate(f, 8), 0);
    assert_int_equal(fl->map(f, 8, &map), 0);
    assert_memory_equal((const char *)map + 3, "hello", 5);
    fl->unmap(map, 8);
    fl->close(&f);
    assert_null(f);
    assert_int_equal(fl->list(fl->self, dir, count_name, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(fl->open(fl->self, path, IMF_FILE_WRITE | IMF_FILE_EXCL, &f), -EEXIST);
    assert_int_equal(fl->rename(fl->self, path, moved), 0);
    assert_int_equal(fl->sync_dir(fl->self, dir), 0);
    assert_int_equal(fl->remove(fl->self, moved), 0);
    assert_int_equal(imf_mkdirs(fl, deep), 0);
    assert_int_equal(imf_mkdirs(fl, deep), 0);
    assert_int_equal(imf_mkdirs(fl, "/proc/self/no/such"), -ENOENT);
    for (int up = 0; up < 4; up++, *strrchr(deep, '/') = '\0')
        rmdir(deep);
    free(dir);
}

static void the_file_layer_follows_a_link_only_when_told(void **state)
{
    (void)state;
    const imf_file_layer *fl = imf_file_posix();
    char *dir = temp_folder(), path[128];
    snprintf(path, sizeof path, "%s/link", dir);
    imf_file *f = NULL;
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(fl->open(fl->self, path, IMF_FILE_READ, &f), -ELOOP);
    assert_int_equal(fl->open(fl->self, path, IMF_FILE_READ | IMF_FILE_FOLLOW, &f), 0); /* unless it is told to */
    fl->close(&f);
    unlink(path);
    rmdir(dir);
    free(dir);
}

enum { ITEMS = 10000 };

static void *push_all(void *arg)
{
    imf_queue *q = arg;
    for (uintptr_t i = 1; i <= ITEMS; i++)
        if (!imf_queue_push(q, (void *)i))
            return NULL;
    return q;
}

static void a_queue_hands_everything_over_once(void **state)
{
    (void)state;
    imf_queue *q = imf_queue_new(7);
    pthread_t threads[3];
    uint64_t sum = 0;
    void *item;
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, push_all, q), 0);
    for (int i = 0; i < 3 * ITEMS; i++) {
        if (i % 2 == 0 || !imf_queue_try_pop(q, &item))
            assert_true(imf_queue_pop(q, &item));
        sum += (uintptr_t)item;
    }
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_non_null(result);
    }
    assert_int_equal(sum, 3ull * ITEMS * (ITEMS + 1) / 2);
    assert_false(imf_queue_try_pop(q, &item));
    imf_queue_free(&q);
}

static void a_closed_queue_gives_what_is_left_and_takes_nothing(void **state)
{
    (void)state;
    imf_queue *q = imf_queue_new(2);
    int a = 1;
    void *item;
    assert_true(imf_queue_push(q, &a));
    imf_queue_close(q);
    assert_false(imf_queue_push(q, &a));
    assert_true(imf_queue_pop(q, &item));
    assert_ptr_equal(item, &a);
    assert_false(imf_queue_pop(q, &item));
    imf_queue_free(&q);
    assert_null(imf_queue_new(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_is_filled_once_and_forwarded),
        cmocka_unit_test(an_error_stays_one_short_line),
        cmocka_unit_test(an_error_names_the_system_s_reason),
        cmocka_unit_test_teardown(an_error_speaks_the_language_in_force, english_again),
        cmocka_unit_test_teardown(every_reason_of_the_system_has_words, english_again),
        cmocka_unit_test(sizes_do_not_overflow),
        cmocka_unit_test(an_array_grows_and_keeps_what_it_holds),
        cmocka_unit_test(the_program_s_folder_is_found),
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(scratch_hands_out_what_it_has_and_no_more),
        cmocka_unit_test(a_buffer_stops_at_its_ceiling),
        cmocka_unit_test(broken_utf8_is_seen),
        cmocka_unit_test(sanitising_cuts_at_a_character_s_edge),
        cmocka_unit_test(the_file_layer_reads_what_it_wrote),
        cmocka_unit_test(the_file_layer_follows_a_link_only_when_told),
        cmocka_unit_test(a_queue_hands_everything_over_once),
        cmocka_unit_test(a_closed_queue_gives_what_is_left_and_takes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
