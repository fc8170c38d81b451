/* src/finder: the small parts that need no model: hex, base64, walking folders, the lock, names. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "finder/finder.h"
#include "finder/scan.h"

static char *folder;

static int make_folder(void **state)
{
    (void)state;
    folder = strdup("/tmp/imf-test-finder-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    int rc = system(command);
    free(folder);
    return rc;
}

static void put(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("x", f);
    fclose(f);
}

static void sub(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void hex_goes_there_and_back(void **state)
{
    (void)state;
    uint8_t bytes[4] = {0x00, 0x7f, 0xab, 0xff}, back[4];
    char text[9];
    imf_hex(bytes, 4, text);
    assert_string_equal(text, "007fabff");
    assert_true(imf_unhex("007FabfF", back, 4));
    assert_memory_equal(bytes, back, 4);
    assert_false(imf_unhex("007fabf", back, 4));
    assert_false(imf_unhex("007fabff0", back, 4));
    assert_false(imf_unhex("007fabfg", back, 4));
}

static void base64_is_that_of_rfc_4648(void **state)
{
    (void)state;
    const char *table[][2] = {{"", ""},
                              {"f", "Zg=="},
                              {"fo", "Zm8="},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg=="},
                              {"fooba", "Zm9vYmE="},
                              {"foobar", "Zm9vYmFy"},
                              {"\xff\xfe", "//4="}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char *text = imf_base64(table[i][0], strlen(table[i][0]));
        assert_string_equal(text, table[i][1]);
        imf_free(text);
    }
}

static void a_scan_finds_pictures_and_nothing_else(void **state)
{
    (void)state;
    imf_scan s;
    char link[256];
    sub("sub"), sub("sub/deeper"), sub(".hidden");
    put("a.jpg"), put("b.JPEG"), put("кошка.Png"), put("bad\xff.gif"), put("note.txt"), put("jpg"), put(".secret.jpg"),
        put("sub/deeper/c.tiff"), put(".hidden/d.jpg");
    snprintf(link, sizeof link, "%s/link.jpg", folder);
    assert_int_equal(symlink("a.jpg", link), 0);
    snprintf(link, sizeof link, "%s/up", folder);
    assert_int_equal(symlink("..", link), 0);

    assert_int_equal(imf_scan_init(&s, NULL), IMF_OK);
    assert_int_equal(imf_scan_root(&s, folder, 0, NULL), IMF_OK);
    assert_int_equal(s.n_files, 5);
    snprintf(link, sizeof link, "%s/sub", folder);
    assert_int_equal(imf_scan_root(&s, link, 1, NULL), IMF_OK); /* a root within a root */
    assert_int_equal(s.n_files, 6);
    imf_scan_finish(&s);
    assert_int_equal(s.n_files, 5);
    assert_int_equal(s.n_gaps, 0);
    for (size_t i = 1; i < s.n_files; i++)
        assert_true(strcmp(s.files[i - 1].path, s.files[i].path) < 0);
    for (size_t i = 0; i < s.n_files; i++) {
        assert_int_equal(s.files[i].size, 1);
        assert_int_equal(s.files[i].root, 0);
    }
    imf_scan_clear(&s);
}

static void what_cannot_be_walked_becomes_a_gap(void **state)
{
    (void)state;
    imf_scan s;
    assert_int_equal(imf_scan_init(&s, NULL), IMF_OK);
    assert_int_equal(imf_scan_root(&s, "/no/such/folder", 0, NULL), IMF_OK);
    assert_int_equal(s.n_files, 0);
    assert_int_equal(s.n_gaps, 1);
    imf_scan_clear(&s);
}

static void below_means_whole_names(void **state)
{
    (void)state;
    assert_true(imf_path_below("/a/b", "/a"));
    assert_true(imf_path_below("/a", "/a"));
    assert_false(imf_path_below("/ab", "/a"));
    assert_true(imf_path_below("/ab", "/"));
    assert_false(imf_path_below("/", "/a"));
}

static void a_lock_is_held_once_and_says_by_whom(void **state)
{
    (void)state;
    imf_options opt = imf_options_default();
    imf_finder *f = NULL;
    imf_lock first, second;
    imf_err err = {0};
    opt.home = folder;
    assert_int_equal(imf_open(&f, &opt, &err), IMF_OK);
    assert_int_equal(imf_lock_holder(f), 0);
    assert_int_equal(imf_lock_take(&first, f, &err), IMF_OK);
    assert_int_equal(imf_lock_holder(f), getpid());
    assert_int_equal(imf_lock_take(&second, f, &err), IMF_EBUSY);
    assert_non_null(strstr(err.msg, "busy: pid "));
    imf_lock_drop(&first);
    assert_int_equal(imf_lock_holder(f), 0);
    assert_int_equal(imf_lock_take(&second, f, NULL), IMF_OK);
    imf_lock_drop(&second);
    imf_close(&f);
}

static void a_lock_dies_with_its_process(void **state)
{
    (void)state;
    imf_options opt = imf_options_default();
    imf_finder *f = NULL;
    imf_lock lock;
    opt.home = folder;
    assert_int_equal(imf_open(&f, &opt, NULL), IMF_OK);
    pid_t child = fork();
    if (child == 0)
        _exit(imf_lock_take(&lock, f, NULL) == IMF_OK ? 0 : 1);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(imf_lock_take(&lock, f, NULL), IMF_OK);
    imf_lock_drop(&lock);
    imf_close(&f);
}

static void names_of_collections_are_checked(void **state)
{
    (void)state;
    char longest[66];
    memset(longest, 'a', 65);
    longest[65] = '\0';
    assert_int_equal(imf_check_collection_name("отпуск 2024", NULL), IMF_OK);
    assert_int_equal(imf_check_collection_name(longest + 1, NULL), IMF_OK);
    assert_int_equal(imf_check_collection_name(longest, NULL), IMF_EUSAGE);
    assert_int_equal(imf_check_collection_name("", NULL), IMF_EUSAGE);
    assert_int_equal(imf_check_collection_name("a/b", NULL), IMF_EUSAGE);
    assert_int_equal(imf_check_collection_name("a\nb", NULL), IMF_EUSAGE);
    assert_int_equal(imf_check_collection_name("\xff", NULL), IMF_EUSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hex_goes_there_and_back),
        cmocka_unit_test(base64_is_that_of_rfc_4648),
        cmocka_unit_test_setup_teardown(a_scan_finds_pictures_and_nothing_else, make_folder, remove_folder),
        cmocka_unit_test(what_cannot_be_walked_becomes_a_gap),
        cmocka_unit_test(below_means_whole_names),
        cmocka_unit_test_setup_teardown(a_lock_is_held_once_and_says_by_whom, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_lock_dies_with_its_process, make_folder, remove_folder),
        cmocka_unit_test(names_of_collections_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
