/* Choosing the language of messages. See lang.h. */
#include "base/lang.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "imagefinder.h"

static _Atomic(imf_language) in_force = IMF_LANGUAGE_EN; /* one for the process: see imf_set_language */

void imf_set_language(imf_language language)
{
    atomic_store(&in_force, language == IMF_LANGUAGE_RU ? IMF_LANGUAGE_RU : IMF_LANGUAGE_EN);
}

imf_language imf_get_language(void)
{
    return atomic_load(&in_force);
}

const char *imf_tr(const char *english)
{
    if (imf_get_language() == IMF_LANGUAGE_EN)
        return english;
    for (size_t i = 0; i < imf_n_translations; i++)
        if (strcmp(imf_translations[i].english, english) == 0)
            return imf_translations[i].russian;
    return english;
}

/* ---- The system's reasons ---------------------------------------------------------------------------------------- */

/* Those that a user of pictures, folders, disks and ports meets; the others stay English, as the system has them. */
static const char *russian_reason(int e)
{
    switch (e) {
    case EPERM:
        return "операция не разрешена";
    case ENOENT:
        return "нет такого файла или папки";
    case EINTR:
        return "прервано сигналом";
    case EIO:
        return "ошибка чтения или записи на диске";
    case ENXIO:
    case ENODEV:
        return "нет такого устройства";
    case EAGAIN:
        return "ресурс временно недоступен";
    case ENOMEM:
        return "не хватает памяти";
    case EACCES:
        return "нет прав доступа";
    case EBUSY:
        return "занято";
    case EEXIST:
        return "уже существует";
    case EXDEV:
        return "это другая файловая система";
    case ENOTDIR:
        return "это не папка";
    case EISDIR:
        return "это папка, а не файл";
    case EINVAL:
        return "недопустимое значение";
    case ENFILE:
        return "в системе открыто слишком много файлов";
    case EMFILE:
        return "программа открыла слишком много файлов";
    case ETXTBSY:
        return "файл программы занят";
    case EFBIG:
        return "файл слишком велик";
    case ENOSPC:
        return "на диске кончилось место";
    case EROFS:
        return "диск доступен только для чтения";
    case EPIPE:
        return "читать больше некому";
    case ENOEXEC:
        return "это не исполняемый файл";
    case ENAMETOOLONG:
        return "слишком длинное имя";
    case ENOSYS:
    case EOPNOTSUPP: /* the same as ENOTSUP */
        return "не поддерживается системой";
    case ENOTEMPTY:
        return "папка не пуста";
    case ELOOP:
        return "слишком длинная цепочка ссылок";
    case EILSEQ:
        return "недопустимые байты в тексте";
    case EADDRINUSE:
        return "адрес уже занят";
    case EADDRNOTAVAIL:
        return "у этой машины нет такого адреса";
    case ECONNRESET:
        return "соединение разорвано";
    case ETIMEDOUT:
        return "время ожидания вышло";
    case ECONNREFUSED:
        return "в соединении отказано";
    case ESTALE:
        return "сетевой файл устарел";
    case EDQUOT:
        return "исчерпана дисковая квота";
    default:
        return NULL;
    }
}

const char *imf_errno_text(int errno_value)
{
    int e = errno_value < 0 ? -errno_value : errno_value;
    bool russian = imf_get_language() == IMF_LANGUAGE_RU;
    const char *text = russian ? russian_reason(e) : NULL;
    if (!text)
        text = strerrordesc_np(e); /* the untranslated text itself: no locale, no buffer, no lock */
    if (!text)
        text = russian ? "неизвестная ошибка" : "unknown error";
    return text;
}
