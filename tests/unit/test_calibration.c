/*
 * Calibration: each key is demanded and checked, each fault is one line that names it; probability and verdict against
 * the formula of docs/internals/starter.md, written out here once more.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "nn/calibration.h"

static const char good_config[] =
    "{\"calibration\": {\"text\": {\"score\": 8, \"bias\": -2.5}, \"picture\": {\"score\": 3, \"bias\": 0.25},"
    " \"good\": 0.6, \"none\": 0.2}}";

static int read_calibration(imf_calibration *c, const char *config, imf_err *err)
{
    json_t *root = NULL;

    assert_int_equal(imf_config_parse(config, strlen(config), "config.json", &root, err), IMF_OK);
    int rc = imf_calibration_read(c, &(imf_config){"config.json", "", root}, err);
    json_decref(root);
    return rc;
}

static void expect_refused(const char *config, const char *named)
{
    imf_calibration c = {.given = true};
    imf_err err = {0};
    int rc = read_calibration(&c, config, &err);

    if (rc != IMF_EINPUT || strstr(err.msg, named) == NULL || strchr(err.msg, '\n') != NULL ||
        strstr(err.msg, "config.json") == NULL)
        fail_msg("rc %d, \"%s\", expected %s and the file", rc, err.msg, named);
    assert_false(c.given);
}

static void test_null(void **state)
{
    imf_calibration c = {.given = true};
    imf_err err = {0};

    (void)state;
    assert_int_equal(read_calibration(&c, "{\"calibration\": null}", &err), IMF_OK);
    assert_false(c.given);
    expect_refused("{}", "the key calibration is missing");
}

/* Sets PATH ("text.score") to the JSON value, or takes it out when value is NULL; the text is free'd by the caller. */
static char *changed(const char *path, const char *value)
{
    json_t *root = json_loads(good_config, 0, NULL), *object = json_object_get(root, "calibration");
    const char *dot = strchr(path, '.'), *key = dot != NULL ? dot + 1 : path;
    char *text = NULL;

    if (dot != NULL)
        object = json_object_get(object, strncmp(path, "text.", 5) == 0 ? "text" : "picture");
    assert_non_null(json_object_get(object, key));
    if (value != NULL)
        assert_int_equal(json_object_set_new(object, key, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
    else
        assert_int_equal(json_object_del(object, key), 0);
    text = json_dumps(root, 0);
    assert_non_null(text);
    json_decref(root);
    return text;
}

static void expect_key_refused(const char *path, const char *value, const char *named)
{
    char *text = changed(path, value);

    expect_refused(text, named);
    free(text);
}

static void expect_key_accepted(const char *path, const char *value)
{
    char *text = changed(path, value);
    imf_calibration c = {0};
    imf_err err = {0};

    if (read_calibration(&c, text, &err) != IMF_OK || !c.given)
        fail_msg("%s: %s", text, err.msg);
    free(text);
}

static void test_keys(void **state)
{
    static const char *const keys[] = {"text", "picture", "good", "none",
                                       "text.score", "text.bias", "picture.score", "picture.bias"};
    char named[96];

    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        snprintf(named, sizeof named, "the key calibration.%s is missing", keys[i]);
        expect_key_refused(keys[i], NULL, named);
        snprintf(named, sizeof named, "calibration.%s is not", keys[i]);
        expect_key_refused(keys[i], "\"0.5\"", named);
        expect_key_refused(keys[i], "null", named);
        expect_key_refused(keys[i], "1000001", named);
        expect_key_refused(keys[i], "-1000001", named);
    }
    expect_refused("{\"calibration\": []}", "calibration is not an object");
    expect_refused("{\"calibration\": false}", "calibration is not an object");
    expect_refused("{\"calibration\": {}}", "the key calibration.text is missing");
}

static void test_ranges(void **state)
{
    static const char *const scores[] = {"text.score", "picture.score"};
    static const char *const biases[] = {"text.bias", "picture.bias"};
    char named[96];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        snprintf(named, sizeof named, "calibration.%s is not", scores[i]);
        expect_key_refused(scores[i], "0", named);
        expect_key_refused(scores[i], "-0.0", named);
        expect_key_refused(scores[i], "-1", named);
        expect_key_accepted(scores[i], "1e-300");
        expect_key_accepted(scores[i], "1000000");
        expect_key_accepted(biases[i], "1e6");
        expect_key_accepted(biases[i], "-1e6");
    }
    expect_key_refused("good", "0.1", "calibration.good is not a number from 0.2 to 1"); /* below none */
    expect_key_refused("good", "1.1", "calibration.good is not");
    expect_key_refused("none", "-0.1", "calibration.none is not");
    expect_key_refused("none", "0.7", "calibration.good is not a number from 0.7 to 1");
    expect_key_accepted("good", "0.2");
    expect_key_accepted("good", "1");
    expect_key_accepted("none", "0");
    expect_key_accepted("none", "0.6");
}

/* Keys that nobody asked for are passed over, as everywhere in the configuration. */
static void test_unknown_keys(void **state)
{
    (void)state;
    expect_key_accepted("text", "{\"score\": 8, \"deviation\": 0.5, \"bias\": -2}");
}

static double formula(double a, double b, double score)
{
    return 1 / (1 + exp(-(a * score + b)));
}

static void test_probability(void **state)
{
    imf_calibration c;
    imf_err err = {0};

    (void)state;
    if (read_calibration(&c, good_config, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    assert_true(c.given);
    for (double score = -1; score <= 1; score += 0.125) {
        double text = imf_calibration_probability(&c.text, score);
        double picture = imf_calibration_probability(&c.picture, score);
        if (!(fabs(text - formula(8, -2.5, score)) < 1e-12 && fabs(picture - formula(3, 0.25, score)) < 1e-12))
            fail_msg("score %g: %.15f and %.15f", score, text, picture);
    }
    assert_true(fabs(imf_calibration_probability(&c.text, 2.5 / 8) - 0.5) < 1e-12);
    assert_string_equal(imf_calibration_verdict(&c, 1), "good");
    assert_string_equal(imf_calibration_verdict(&c, 0.6), "good");
    assert_string_equal(imf_calibration_verdict(&c, nextafter(0.6, 0)), "maybe");
    assert_string_equal(imf_calibration_verdict(&c, 0.2), "maybe");
    assert_string_equal(imf_calibration_verdict(&c, nextafter(0.2, 0)), "none");
    assert_string_equal(imf_calibration_verdict(&c, 0), "none");
}

/* The largest numbers that a file may hold: a probability all the same. */
static void test_extremes(void **state)
{
    imf_calibration c;
    imf_err err = {0};

    (void)state;
    if (read_calibration(&c, "{\"calibration\": {\"text\": {\"score\": 1e6, \"bias\": -1e6}, \"picture\": "
                             "{\"score\": 1e6, \"bias\": 1e6}, \"good\": 1, \"none\": 1}}", &err) != IMF_OK)
        fail_msg("%s", err.msg);
    assert_true(imf_calibration_probability(&c.text, -1) == 0);
    assert_true(imf_calibration_probability(&c.text, 1) == 0.5);
    assert_true(imf_calibration_probability(&c.picture, -1) == 0.5);
    assert_true(imf_calibration_probability(&c.picture, 1) == 1);
    assert_string_equal(imf_calibration_verdict(&c, 1), "good");
    assert_string_equal(imf_calibration_verdict(&c, 0.999), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_probability),
        cmocka_unit_test(test_extremes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
