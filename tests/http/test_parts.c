/* server/: the parts that need no socket: reading a request however it is cut, who may ask, routes, the JSON of a
 * search, the names of files in headers, the two languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/query.h"
#include "server/routes.h"

static imf_reading read_text(imf_request *r, const char *text, imf_problem *problem)
{
    return imf_request_read(r, text, strlen(text), problem);
}

/* ---- request.c --------------------------------------------------------------------------------------------------- */

static const char whole[] = "POST /api/v1/search?x=%00 HTTP/1.1\r\nHost: localhost:8090\r\n"
                            "ORIGIN:\thttp://localhost:8090 \r\nContent-Length: 14\r\nExpect: 100-continue\r\n"
                            "X:\r\n\r\n{\"text\":\"red\"}GET / HT";

static void a_request_is_read(void **state)
{
    (void)state;
    imf_request r;
    imf_problem problem;

    assert_int_equal(read_text(&r, whole, &problem), IMF_READING_DONE);
    assert_int_equal(problem, IMF_PROBLEM_NONE);
    assert_int_equal(r.method, IMF_METHOD_POST);
    assert_true(imf_span_is(r.path, "/api/v1/search"));
    assert_true(imf_span_is(r.host, "localhost:8090"));
    assert_true(imf_span_is(r.origin, "http://localhost:8090"));
    assert_true(r.has_length && r.length == 14 && r.wants_continue && !r.chunked);
    assert_memory_equal(whole + r.head, "{\"text\"", 7);
}

/* Every beginning of a right request is right so far, and says that more is wanted; from an exact copy, so that the
 * address sanitizer sees a byte read past the end. */
static void every_beginning_wants_more(void **state)
{
    (void)state;
    imf_request r;
    imf_problem problem;
    char body[IMF_BODY_MAX];
    size_t head = (size_t)(strstr(whole, "\r\n\r\n") + 4 - whole), size = 0;

    for (size_t n = 0; n < sizeof whole; n++) {
        char *copy = malloc(n + 1);
        assert_non_null(copy);
        memcpy(copy, whole, n);
        copy = realloc(copy, n > 0 ? n : 1);
        imf_reading got = imf_request_read(&r, copy, n, &problem);
        assert_int_equal(got, n < head ? IMF_READING_MORE : IMF_READING_DONE);
        assert_int_equal(problem, IMF_PROBLEM_NONE);
        if (got == IMF_READING_DONE)
            assert_int_equal(imf_request_body(&r, copy + r.head, n - r.head, body, &size, &problem),
                             n < head + 14 ? IMF_READING_MORE : IMF_READING_DONE);
        free(copy);
    }
    assert_int_equal(size, 14);
    assert_memory_equal(body, "{\"text\":\"red\"}", 14);
}

static void chunks_are_joined(void **state)
{
    (void)state;
    static const char text[] = "5\r\nhello\r\n001\r\n,\r\nA\r\n0123456789\r\n0\r\n\r\n";
    const imf_request r = {.method = IMF_METHOD_POST, .chunked = true};
    imf_problem problem;
    char body[IMF_BODY_MAX];
    size_t size = 0;

    for (size_t n = 0; n < sizeof text - 1; n++) {
        assert_int_equal(imf_request_body(&r, text, n, body, &size, &problem), IMF_READING_MORE);
        assert_int_equal(problem, IMF_PROBLEM_NONE);
    }
    assert_int_equal(imf_request_body(&r, text, sizeof text - 1, body, &size, &problem), IMF_READING_DONE);
    assert_int_equal(size, 16);
    assert_memory_equal(body, "hello,0123456789", 16);
}

static void limits_hold_to_the_byte(void **state)
{
    (void)state;
    imf_request r;
    imf_problem problem;
    char *text = malloc(IMF_HEAD_MAX + 100), *body = malloc(IMF_BODY_MAX);
    static const char begin[] = "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", end[] = "\r\n\r\n";
    size_t size = 0;

    assert_true(text != NULL && body != NULL);
    for (int over = 0; over <= 1; over++) {
        size_t n = (size_t)IMF_HEAD_MAX + (size_t)over;
        memset(text, 'x', n);
        memcpy(text, begin, sizeof begin - 1);
        memcpy(text + n - 4, end, 4);
        assert_int_equal(imf_request_read(&r, text, n, &problem), over ? IMF_READING_BAD : IMF_READING_DONE);
        assert_int_equal(problem, over ? IMF_PROBLEM_HEAD_LONG : IMF_PROBLEM_NONE);

        n = 4 + (size_t)IMF_URL_MAX + (size_t)over;
        memset(text, 'a', n);
        memcpy(text, "GET /", 5);
        snprintf(text + n, 64, " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_int_equal(read_text(&r, text, &problem), over ? IMF_READING_BAD : IMF_READING_DONE);
        assert_int_equal(problem, over ? IMF_PROBLEM_URL_LONG : IMF_PROBLEM_NONE);

        imf_request post = {.method = IMF_METHOD_POST, .has_length = true};
        post.length = (uint64_t)IMF_BODY_MAX + (uint64_t)over;
        assert_int_equal(imf_request_body(&post, "", 0, body, &size, &problem),
                         over ? IMF_READING_BAD : IMF_READING_MORE);
        assert_int_equal(problem, over ? IMF_PROBLEM_TOO_LARGE : IMF_PROBLEM_NONE);
    }
    free(text);
    free(body);
}

static void language_is_the_first_choice(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        imf_language want;
    } rows[] = {{"ru", IMF_LANGUAGE_RU},       {"ru-RU,en;q=0.9", IMF_LANGUAGE_RU}, {"RU;q=1", IMF_LANGUAGE_RU},
                {"en-US,ru", IMF_LANGUAGE_EN}, {"rue", IMF_LANGUAGE_EN},            {"de,ru", IMF_LANGUAGE_EN},
                {"", IMF_LANGUAGE_EN}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        imf_request r = {.accept_language = {rows[i].header, strlen(rows[i].header)}};
        assert_int_equal(imf_request_language(&r), rows[i].want);
    }
    imf_set_language(IMF_LANGUAGE_RU);
    assert_int_equal(imf_request_language(&(imf_request){0}), IMF_LANGUAGE_RU);
    assert_int_equal(imf_request_language(&(imf_request){.accept_language = {"en", 2}}), IMF_LANGUAGE_EN);
    imf_set_language(IMF_LANGUAGE_EN);
}

/* ---- guard.c ----------------------------------------------------------------------------------------------------- */

static imf_problem guard(const char *path, const char *host, const char *origin, const char *site, const char *mode)
{
    imf_request r = {.path = {path, strlen(path)}, .host = {host, strlen(host)}};

    if (origin != NULL)
        r.origin = (imf_span){origin, strlen(origin)};
    if (site != NULL)
        r.fetch_site = (imf_span){site, strlen(site)};
    if (mode != NULL)
        r.fetch_mode = (imf_span){mode, strlen(mode)};
    return imf_guard(&r);
}

static void only_this_machine_may_ask(void **state)
{
    (void)state;
    static const char *const own[] = {"localhost", "LocalHost:1", "127.0.0.1:65535", "[::1]", "[::1]:8090"};
    static const char *const foreign[] = {"",  "localhos", "localhost:", "localhost:0", "localhost:65536",
                                          "x", "[::1",     "[::1]x",     "[::1]:",      "localhost:000080"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        assert_int_equal(guard("/", own[i], NULL, NULL, NULL), IMF_PROBLEM_NONE);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++)
        assert_int_equal(guard("/", foreign[i], NULL, NULL, NULL), IMF_PROBLEM_HOST);
    assert_int_equal(guard("/", "localhost:80", "http://LOCALHOST:80", NULL, NULL), IMF_PROBLEM_NONE);
    assert_int_equal(guard("/", "[::1]:80", "http://{::1}:80", NULL, NULL), IMF_PROBLEM_ORIGIN);
    assert_int_equal(guard("/", "localhost", "http://localhost:80", NULL, NULL), IMF_PROBLEM_ORIGIN);
    assert_int_equal(guard("/", "localhost", "null", NULL, NULL), IMF_PROBLEM_ORIGIN);
    assert_int_equal(guard("/", "localhost", NULL, "cross-site", "navigate"), IMF_PROBLEM_NONE);
    assert_int_equal(guard("/", "localhost", NULL, "cross-site", "no-cors"), IMF_PROBLEM_ORIGIN);
    assert_int_equal(guard("/x", "localhost", NULL, "cross-site", "navigate"), IMF_PROBLEM_ORIGIN);
    assert_int_equal(guard("/", "localhost", "http://evil.example", "cross-site", "navigate"), IMF_PROBLEM_ORIGIN);
}

/* ---- routes.c ---------------------------------------------------------------------------------------------------- */

static void routes_are_found(void **state)
{
    (void)state;
    static const char id[] = "00112233445566778899aabbccddeeff";
    char path[100];
    imf_route route;
    imf_request r = {.method = IMF_METHOD_GET, .path = {path, 0}, .if_none_match = {"\"x\"", 3}};

    r.path.size = (size_t)snprintf(path, sizeof path, "/api/v1/items/%s/file", id);
    assert_int_equal(imf_route_find(&route, &r), IMF_PROBLEM_NONE);
    assert_int_equal(route.kind, IMF_ROUTE_FILE);
    assert_string_equal(route.item, id);
    assert_false(route.has_copy);
    char tag[40];
    r.if_none_match = (imf_span){tag, (size_t)snprintf(tag, sizeof tag, "W/\"%s\"", id)};
    assert_int_equal(imf_route_find(&route, &r), IMF_PROBLEM_NONE);
    assert_true(route.has_copy);
    path[14] = 'A';
    assert_int_equal(imf_route_find(&route, &r), IMF_PROBLEM_NOT_FOUND);
    r.path.size = (size_t)snprintf(path, sizeof path, "/");
    assert_int_equal(imf_route_find(&route, &r), IMF_PROBLEM_NONE);
    assert_string_equal(route.asset->name, "index.html");
    r.path.size = (size_t)snprintf(path, sizeof path, "/api/v1/search");
    assert_int_equal(imf_route_find(&route, &r), IMF_PROBLEM_METHOD);
    assert_string_equal(route.allow, "POST");
}

static void page_files_are_whole(void **state)
{
    (void)state;
    size_t n = 0;

    for (const imf_asset *a = imf_assets; a->name != NULL; a++, n++) {
        assert_ptr_equal(imf_asset_find(a->name, strlen(a->name)), a);
        assert_null(strchr(a->name, '/'));
        assert_int_equal(strlen(a->etag), 34);
        assert_true(a->size > 0);
    }
    assert_true(n > 3);
    assert_null(imf_asset_find("", 0));
    assert_null(imf_asset_find("index.htm", 9));
}

/* ---- query.c ----------------------------------------------------------------------------------------------------- */

static void a_query_is_read(void **state)
{
    (void)state;
    static const char text[] = "{\"text\":\"\\u043a\\u043e\\u0442\",\"collection\":\"c\",\"k\":1000,\"min_score\":-9,"
                               "\"exact\":true}";
    imf_search_body body;
    char detail[IMF_DETAIL_MAX];

    assert_true(imf_search_body_read(&body, text, sizeof text - 1, IMF_LANGUAGE_EN, detail));
    assert_string_equal(body.query.text, "кот");
    assert_string_equal(body.query.collection, "c");
    assert_int_equal(body.query.k, 1000);
    assert_true(body.query.has_min_score && body.query.min_score == -2.0F);
    assert_true(body.query.item == NULL && body.query.picture == NULL);
    imf_search_body_clear(&body);
    assert_true(imf_search_body_read(&body, "{\"item\":\"x\"}", 12, IMF_LANGUAGE_EN, detail));
    assert_int_equal(body.query.k, 10);
    assert_false(body.query.has_min_score);
    imf_search_body_clear(&body);
}

static void a_bad_query_is_told_why(void **state)
{
    (void)state;
    imf_search_body body;
    char detail[IMF_DETAIL_MAX], long_key[3000];
    size_t n = (size_t)snprintf(long_key, sizeof long_key, "{\"%s", "");

    for (size_t i = 0; i < 1000; i++, n += 2)
        memcpy(long_key + n, "ы", 2);
    memcpy(long_key + n, "\":1}", 4);
    assert_false(imf_search_body_read(&body, long_key, n + 4, IMF_LANGUAGE_RU, detail));
    imf_search_body_clear(&body);
    assert_non_null(strstr(detail, "неизвестный ключ «ыыы"));
    assert_true(strlen(detail) < IMF_DETAIL_MAX);
    assert_false(imf_search_body_read(&body, "{\"text\":\"a\"", 11, IMF_LANGUAGE_EN, detail));
    imf_search_body_clear(&body);
    assert_non_null(strstr(detail, "JSON"));
    /* what jansson says about these holds half a character */
    assert_false(imf_search_body_read(&body, "{\"\\uаб\":1}", 13, IMF_LANGUAGE_EN, detail));
    imf_search_body_clear(&body);
    for (const char *s = detail; *s != '\0'; s++)
        assert_true(*s >= 0x20 && *s < 0x7F);
}

/* ---- answer.c ---------------------------------------------------------------------------------------------------- */

static void names_in_headers_are_harmless(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"/a/b c.png", "inline; filename=\"b_c.png\"; filename*=UTF-8''b%20c.png"},
        {"/\"\r\n;.png", "inline; filename=\"____.png\"; filename*=UTF-8''%22%0D%0A%3B.png"},
        {"/\xff\xe0\x80.png", "inline; filename=\"___.png\"; filename*=UTF-8''%EF%BF%BD%EF%BF%BD%EF%BF%BD.png"},
        {"кот", "inline; filename=\"______\"; filename*=UTF-8''%D0%BA%D0%BE%D1%82"},
        {"/", "inline; filename=\"\"; filename*=UTF-8''"},
        {"/\xf0\x9f\x90", "inline; filename=\"___\"; filename*=UTF-8''%EF%BF%BD%EF%BF%BD%EF%BF%BD"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *got = imf_answer_disposition(rows[i][0]);
        assert_string_equal(got, rows[i][1]);
        free(got);
    }
}

static void text_is_cut_at_a_character(void **state)
{
    (void)state;
    char room[8];

    imf_copy_text(room, sizeof room, "кот");
    assert_string_equal(room, "кот");
    imf_copy_text(room, sizeof room, "коты");
    assert_string_equal(room, "кот");
    imf_copy_text(room, sizeof room, "1234567");
    assert_string_equal(room, "1234567");
    imf_copy_text(room, 1, "x");
    assert_string_equal(room, "");
}

static void problems_become_bytes(void **state)
{
    (void)state;
    imf_answer a = {0};
    size_t size = 0;

    imf_answer_problem(&a, IMF_PROBLEM_METHOD, IMF_LANGUAGE_EN, "a \"detail\"\r\n");
    a.allow = "POST";
    char *bytes = imf_answer_bytes(&a, false, &size);
    assert_non_null(bytes);
    assert_int_equal(strncmp(bytes, "HTTP/1.1 405 Method not allowed\r\n", 33), 0);
    assert_non_null(strstr(bytes, "\r\nAllow: POST\r\n"));
    assert_non_null(strstr(bytes, "\r\n\r\n{\"type\":\"method-not-allowed\","));
    assert_non_null(strstr(bytes, "\"detail\":\"a \\\"detail\\\"\\r\\n\"}"));
    free(bytes);
    bytes = imf_answer_bytes(&a, true, &size);
    assert_memory_equal(bytes + size - 4, "\r\n\r\n", 4);
    free(bytes);
    imf_answer_clear(&a);
}

/* ---- texts.h ----------------------------------------------------------------------------------------------------- */

/* The conversions of a format, one after the other. */
static void conversions(const char *format, char *out, size_t size)
{
    size_t n = 0;

    for (const char *s = format; *s != '\0'; s++)
        if (*s == '%' && n + 2 < size)
            out[n++] = *++s;
    out[n] = '\0';
}

static void every_text_has_its_russian_twin(void **state)
{
    (void)state;
    char english[20], russian[20];

    for (int t = 0; t < IMF_SERVER_TEXT_END; t++) {
        const char *en = imf_server_text_get((imf_server_text)t, IMF_LANGUAGE_EN);
        const char *ru = imf_server_text_get((imf_server_text)t, IMF_LANGUAGE_RU);
        assert_true(en[0] != '\0' && ru[0] != '\0' && strcmp(en, ru) != 0);
        conversions(en, english, sizeof english);
        conversions(ru, russian, sizeof russian);
        assert_string_equal(english, russian);
    }
    for (int p = IMF_PROBLEM_NONE + 1; p < IMF_PROBLEM_END; p++) {
        const imf_problem_row *row = imf_problem_get((imf_problem)p);
        assert_true(row->status >= 400 && row->status <= 505 && row->type[0] != '\0');
        assert_string_not_equal(row->title[0], row->title[1]);
        assert_string_not_equal(row->detail[0], row->detail[1]);
        assert_true(strlen(row->detail[1]) > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_read),
        cmocka_unit_test(every_beginning_wants_more),
        cmocka_unit_test(chunks_are_joined),
        cmocka_unit_test(limits_hold_to_the_byte),
        cmocka_unit_test(language_is_the_first_choice),
        cmocka_unit_test(only_this_machine_may_ask),
        cmocka_unit_test(routes_are_found),
        cmocka_unit_test(page_files_are_whole),
        cmocka_unit_test(a_query_is_read),
        cmocka_unit_test(a_bad_query_is_told_why),
        cmocka_unit_test(names_in_headers_are_harmless),
        cmocka_unit_test(text_is_cut_at_a_character),
        cmocka_unit_test(problems_become_bytes),
        cmocka_unit_test(every_text_has_its_russian_twin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
