/*
 * Every text of the server that a user may see, in English and Russian side by side. Problems are what a request may
 * run into: HTTP status, a stable word for programs, a title and a detail for people. The other texts are printf
 * formats; the two languages take the same arguments in the same order.
 */
#ifndef IMF_SERVER_TEXTS_H
#define IMF_SERVER_TEXTS_H

#include <imagefinder.h>

/* name, status, type, title, detail; title and detail in Russian */
#define IMF_PROBLEMS(X)                                                                                                \
    X(IMF_PROBLEM_HEAD, 400, "bad-request", "Malformed request", "the request is not well-formed HTTP/1.1",            \
      "Неправильный запрос", "запрос не соответствует HTTP/1.1")                                                       \
    X(IMF_PROBLEM_BODY, 400, "bad-request", "Malformed request", "the body cannot be used",                            \
      "Неправильный запрос", "тело запроса не годится")                                                                \
    X(IMF_PROBLEM_BODY_UNWANTED, 400, "bad-request", "Malformed request", "this request takes no body",                \
      "Неправильный запрос", "у такого запроса не бывает тела")                                                        \
    X(IMF_PROBLEM_HOST, 403, "forbidden", "Forbidden",                                                                 \
      "the Host header names another machine; use http://127.0.0.1 or http://localhost", "Запрещено",                  \
      "заголовок Host называет другую машину; обращайтесь к http://127.0.0.1 или http://localhost")                    \
    X(IMF_PROBLEM_ORIGIN, 403, "forbidden", "Forbidden", "a page of another origin may not ask this server",           \
      "Запрещено", "странице с другого адреса нельзя обращаться к этому серверу")                                      \
    X(IMF_PROBLEM_NOT_FOUND, 404, "not-found", "Not found", "there is nothing at this address", "Не найдено",          \
      "по этому адресу ничего нет")                                                                                    \
    X(IMF_PROBLEM_METHOD, 405, "method-not-allowed", "Method not allowed",                                             \
      "this address takes other methods; the Allow header names them", "Метод не поддерживается",                      \
      "этот адрес принимает другие методы; они названы в заголовке Allow")                                             \
    X(IMF_PROBLEM_TIMEOUT, 408, "timeout", "Request too slow", "the request did not arrive in time; send it again",    \
      "Запрос шёл слишком долго", "запрос не пришёл вовремя; отправьте его ещё раз")                                   \
    X(IMF_PROBLEM_TOO_LARGE, 413, "too-large", "Body too large", "the body is larger than 64 KB",                      \
      "Слишком большое тело запроса", "тело запроса больше 64 КБ")                                                     \
    X(IMF_PROBLEM_URL_LONG, 414, "too-large", "Address too long", "the address is longer than 8 KB",                   \
      "Слишком длинный адрес", "адрес длиннее 8 КБ")                                                                   \
    X(IMF_PROBLEM_EXPECT, 417, "bad-request", "Expectation not met", "only Expect: 100-continue can be met",           \
      "Ожидание не выполнить", "поддерживается только Expect: 100-continue")                                           \
    X(IMF_PROBLEM_HEAD_LONG, 431, "too-large", "Head too large", "the headers are larger than 16 KB",                  \
      "Слишком большие заголовки", "заголовки запроса больше 16 КБ")                                                   \
    X(IMF_PROBLEM_INTERNAL, 500, "internal", "Internal fault", "a fault of the server; see its terminal",              \
      "Внутренняя ошибка", "ошибка сервера; посмотрите в его терминале")                                               \
    X(IMF_PROBLEM_BUSY, 503, "busy", "Busy", "too many requests at once; try again in a second", "Перегрузка",         \
      "слишком много запросов сразу; повторите через секунду")                                                         \
    X(IMF_PROBLEM_OUTDATED, 503, "outdated", "To be indexed again",                                                    \
      "the model has changed since this collection was indexed; index it again", "Нужна новая индексация",             \
      "модель изменилась с тех пор, как эта коллекция проиндексирована; проиндексируйте её снова")                     \
    X(IMF_PROBLEM_VERSION, 505, "bad-request", "HTTP version not supported", "only HTTP/1.1 and HTTP/1.0 are spoken",  \
      "Версия HTTP не поддерживается", "поддерживаются только HTTP/1.1 и HTTP/1.0")

#define IMF_SERVER_TEXTS(X)                                                                                            \
    X(TXT_BODY_EMPTY, "the body is empty; send a JSON object such as {\"text\": \"red car\"}",                         \
      "тело запроса пусто; отправьте объект JSON, например {\"text\": \"красная машина\"}")                            \
    X(TXT_NOT_JSON, "the body is not the JSON that is wanted: %s (byte %d)",                                           \
      "тело запроса не годится как JSON: %s (байт %d)")                                                                \
    X(TXT_NOT_OBJECT, "the body is not a JSON object", "тело запроса не объект JSON")                                  \
    X(TXT_UNKNOWN_KEY, "unknown key '%s'; there are text, item, collection, k, min_score and exact",                   \
      "неизвестный ключ «%s»; есть text, item, collection, k, min_score и exact")                                      \
    X(TXT_NOT_STRING, "'%s' is not a string", "«%s» — не строка")                                                      \
    X(TXT_NOT_K, "'k' is not a whole number from 1 to 1000", "«k» — не целое число от 1 до 1000")                      \
    X(TXT_NOT_SCORE, "'min_score' is not a number", "«min_score» — не число")                                          \
    X(TXT_NOT_BOOL, "'exact' is neither true nor false", "«exact» — не true и не false")                               \
    X(TXT_ONE_QUERY, "give exactly one of 'text' and 'item'", "нужен ровно один из ключей «text» и «item»")            \
    X(TXT_EMPTY_QUERY, "the query is empty; give some words", "запрос пуст; введите слова")                            \
    X(TXT_LONG_QUERY, "the text is longer than 8 KB", "текст запроса длиннее 8 КБ")                                    \
    X(TXT_BAD_COLLECTION, "a collection's name has 1 to 64 bytes and no '/'",                                          \
      "в имени коллекции от 1 до 64 байт и нет «/»")                                                                   \
    X(TXT_NO_COLLECTION, "there is no collection '%s'", "нет коллекции «%s»")                                          \
    X(TXT_NO_ITEM, "there is no item '%s', or its file has changed or gone",                                           \
      "нет картинки «%s», или её файл изменился или исчез")                                                            \
    X(TXT_LISTEN_BAD, "'%s' is no address to listen on; write it as 127.0.0.1:8090, localhost:8090 or [::1]:8090",     \
      "«%s» — не адрес; пишите 127.0.0.1:8090, localhost:8090 или [::1]:8090")                                         \
    X(TXT_LISTEN_PUBLIC, "'%s' is not this machine's own address; without tokens only 127.0.0.1, localhost and "       \
      "[::1] are served",                                                                                              \
      "«%s» — не собственный адрес этой машины; без токенов сервер слушает только 127.0.0.1, localhost и [::1]")       \
    X(TXT_PORT_TAKEN, "port %d of %s is in use by another program; choose another port, or 0 for any free one: "       \
      "--listen 127.0.0.1:0",                                                                                          \
      "порт %d адреса %s занят другой программой; выберите другой, 0 — любой свободный: --listen 127.0.0.1:0")         \
    X(TXT_PORT_REFUSED, "cannot listen on port %d of %s: %s; choose another with --listen 127.0.0.1:PORT",             \
      "нельзя слушать порт %d адреса %s: %s; выберите другой: --listen 127.0.0.1:ПОРТ")                                \
    X(TXT_NO_MEMORY, "out of memory while starting the server; close other programs and try again",                    \
      "не хватило памяти для запуска сервера; закройте другие программы и повторите")

#define IMF_PROBLEM_ENUM(name, status, type, title, detail, title_ru, detail_ru) name,
typedef enum imf_problem { IMF_PROBLEM_NONE, IMF_PROBLEMS(IMF_PROBLEM_ENUM) IMF_PROBLEM_END } imf_problem;
#undef IMF_PROBLEM_ENUM

#define IMF_TEXT_ENUM(name, en, ru) name,
typedef enum imf_server_text { IMF_SERVER_TEXTS(IMF_TEXT_ENUM) IMF_SERVER_TEXT_END } imf_server_text;
#undef IMF_TEXT_ENUM

typedef struct imf_problem_row {
    int status;
    const char *type;
    const char *title[2], *detail[2]; /* by imf_language */
} imf_problem_row;

const imf_problem_row *imf_problem_get(imf_problem problem); /* not of IMF_PROBLEM_NONE */
const char *imf_server_text_get(imf_server_text text, imf_language language);

#endif
