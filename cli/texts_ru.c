/*
 * The Russian twins of the program's texts (texts.h), in its order. Verbs, options and JSON keys are not translated.
 * A twin has the same conversions in the same order (or numbered ones). Plurals are avoided by wording ("картинок: 5"):
 * the English ending "%s" of a plural is empty in Russian. An error has 500 bytes, and a Russian letter takes two.
 */
#include "texts_ru.h"

#define TWIN(name, russian) {#name, name, russian}

#define RU_EVERYWHERE                                                               \
    "Везде:\n"                                                                      \
    "  --home ПАПКА      где лежит индекс (иначе $IMAGEFINDER_HOME, иначе\n"        \
    "                    ~/.local/share/imagefinder)\n"                             \
    "  --json            вывести результаты одной строкой JSON\n"                   \
    "  --threads N       занять не больше N потоков\n"                              \
    "  --no-cache        не хранить подготовленные веса модели\n"                   \
    "  --quiet           без хода работы и замечаний: только результаты и ошибки\n" \
    "  --help            эта справка; после команды — справка о команде\n"

const imf_cli_twin imf_cli_twins[] = {
    /* ---- how a line begins ---- */
    TWIN(TXT_PREFIX, "imagefinder: "),
    TWIN(TXT_PREFIX_WARNING, "imagefinder: внимание: "),

    /* ---- wrong usage ---- */
    TWIN(TXT_NO_VERB,
         "скажите, что делать: index ПУТЬ..., search СЛОВА..., serve, embed, tokenize, collection, model, status, "
         "verify или doctor; всё объяснит «imagefinder --help»"),
    TWIN(TXT_UNKNOWN_VERB, "нет команды «%s»; какие есть, покажет «imagefinder --help»"),
    TWIN(TXT_UNKNOWN_VERB_SUGGEST, "нет команды «%s»; может быть, «%s»?"),
    TWIN(TXT_UNKNOWN_OPTION,
         "нет ключа «%s»; какие есть, покажет «imagefinder --help» (перед словами с дефисом впереди поставьте --)"),
    TWIN(TXT_UNKNOWN_OPTION_SUGGEST, "нет ключа «%s»; может быть, «%s»?"),
    TWIN(TXT_OPTION_NOT_HERE, "у «imagefinder %s» нет ключа %s; смотрите «imagefinder %s --help»"),
    TWIN(TXT_OPTION_NEEDS_VALUE, "после %s нужно значение; смотрите «imagefinder --help»"),
    TWIN(TXT_OPTION_TAKES_NO_VALUE, "%s не берёт значения, а задано «%s»"),
    TWIN(TXT_OPTION_EMPTY, "у %s пустое значение; задайте его или уберите ключ"),
    TWIN(TXT_BAD_WHOLE_NUMBER, "%s берёт целое число от %d до %d, а не «%s»"),
    TWIN(TXT_BAD_SCORE, "--min-score берёт число вроде 0.25 (косинус, от -1 до 1), а не «%s»"),
    TWIN(TXT_BAD_COLLECTION, "%s: в имени коллекции от 1 до 64 байт и нет «/», а задано «%s»"),
    TWIN(TXT_UNKNOWN_PRECISION, "--precision берёт f32 или auto, а не «%s»"),
    TWIN(TXT_PRECISION_NOT_BUILT, "--precision %s пока не сделано; возьмите f32 или auto"),
    TWIN(TXT_JSON_OR_PATHS, "--json и --paths вместе не бывают; выберите что-то одно"),
    TWIN(TXT_TAKES_NO_WORDS, "«imagefinder %s» не берёт других слов, а задано «%s»; смотрите «imagefinder %s --help»"),
    TWIN(TXT_INDEX_NEEDS_PATH,
         "команде index нужна хотя бы одна папка или картинка, например: imagefinder index ~/Картинки"),
    TWIN(TXT_EMPTY_PATH, "один из путей пуст; назовите папку или картинку, например: imagefinder index ~/Картинки"),
    TWIN(TXT_SEARCH_NEEDS_WORDS,
         "команде search нужны слова или картинка, например: imagefinder search старая машина, или: "
         "imagefinder search @photo.jpg"),
    TWIN(TXT_SEARCH_AT_ALONE,
         "поиск по картинке — это ровно один аргумент, @ФАЙЛ или @НОМЕР, без слов рядом; а среди других задано «%s»"),
    TWIN(TXT_SEARCH_AT_EMPTY,
         "после «@» ничего нет; назовите файл картинки или её номер, например: imagefinder search @photo.jpg"),
    TWIN(TXT_SEARCH_URL, "поиск по картинке из сети («%s») пока не сделан; сохраните её и ищите с @ФАЙЛ"),
    TWIN(TXT_EMBED_NEEDS_INPUT, "команде embed нужен хотя бы один --text ТЕКСТ или --picture ФАЙЛ"),
    TWIN(TXT_EMBED_NEEDS_OUT, "команде embed нужен --out X.npy: какой файл записать"),
    TWIN(TXT_EMBED_TAKES_NO_WORDS, "входы для embed задают как --text ТЕКСТ и --picture ФАЙЛ, а не как «%s»"),
    TWIN(TXT_TOKENIZE_NEEDS_TEXT,
         "команде tokenize нужен хотя бы один текст, например: imagefinder tokenize --model М 'старая машина'"),
    TWIN(TXT_COLLECTION_NEEDS_VERB,
         "скажите, что делать с коллекциями: collection list, collection show К, collection edit К или collection "
         "remove К"),
    TWIN(TXT_NEEDS_COLLECTION,
         "команде «%s» нужно имя одной коллекции; какие есть, покажет «imagefinder collection list»"),
    TWIN(TXT_EDIT_NEEDS_CHANGE, "команде collection edit нечего менять; задайте --title, --description или --query"),
    TWIN(TXT_MODEL_NEEDS_VERB, "скажите, что делать с моделями: model list или model info М"),
    TWIN(TXT_NEEDS_MODEL,
         "команде model info нужна одна модель: имя из «imagefinder model list» или папка с косой чертой"),
    TWIN(TXT_TOKENS_NOT_BUILT,
         "--token-file пока не сделано; страница открывается только на этой машине и без токена"),

    /* ---- other errors ---- */
    TWIN(TXT_OUT_OF_MEMORY, "не хватило памяти; закройте другие программы и повторите"),
    TWIN(TXT_STDOUT_FAILED,
         "не удалось вывести результаты (стандартный вывод): %s; освободите место или выводите в другой файл"),
    TWIN(TXT_CANNOT_WRITE_FILE, "не удалось записать «%s»: %s; выберите другой --out или освободите место"),
    TWIN(TXT_VERIFY_DAMAGED,
         "индекс повреждён, мест: %zu%s, первое — %s; ваши картинки не пострадали: уберите папку индекса и "
         "проиндексируйте снова"),
    TWIN(TXT_INDEX_OTHERS, "%s (остальное: найдено %llu, добавлено %llu, не прочитано %llu)"),
    TWIN(TXT_DOCTOR_AMISS,
         "требуют внимания проверок: %zu из %zu, первая — «%s»; что делать, сказано в списке рядом с каждой"),

    /* ---- the system's reasons ---- */
    TWIN(TXT_REASON_RIGHTS, "нет прав доступа"),
    TWIN(TXT_REASON_NO_FOLDER, "нет такой папки"),
    TWIN(TXT_REASON_IS_FOLDER, "это папка"),
    TWIN(TXT_REASON_FULL, "на диске кончилось место"),
    TWIN(TXT_REASON_QUOTA, "исчерпана дисковая квота"),
    TWIN(TXT_REASON_TOO_LARGE, "файл вышел бы слишком большим"),
    TWIN(TXT_REASON_READ_ONLY, "диск доступен только для чтения"),
    TWIN(TXT_REASON_DISK, "диск сообщает об ошибке"),
    TWIN(TXT_REASON_CLOSED, "он закрыт"),
    TWIN(TXT_REASON_LONG_NAME, "слишком длинное имя"),
    TWIN(TXT_REASON_MEMORY, "не хватает памяти"),

    /* ---- notes on standard error ---- */
    TWIN(TXT_NOTHING_INDEXED, "ничего не нашлось: здесь ещё нет картинок; начните так: imagefinder index ПАПКА"),
    TWIN(TXT_NOTHING_REACHES,
         "при --min-score %g ничего не нашлось; уменьшите или уберите его либо добавьте картинок: imagefinder index "
         "ПАПКА"),
    TWIN(TXT_ALL_NONE, "ничего вполне подходящего здесь нет; вот самое близкое"),
    TWIN(TXT_TIMES_WORDS, "%.0f мс: слова %.0f мс, поиск %.0f мс\n"),
    TWIN(TXT_TIMES_PICTURE, "%.0f мс: картинка %.0f мс, поиск %.0f мс\n"),
    TWIN(TXT_STOPPING, "\nзаканчиваю начатое; ещё раз Ctrl-C — остановлюсь сразу\n"),
    TWIN(TXT_PROGRESS_WALK, "%s: просматриваю папки, файлов пока %llu"),
    TWIN(TXT_PROGRESS_PLAIN, "%s: файлов %llu из %llu"),
    TWIN(TXT_PROGRESS_BAR, "%s [%s] %llu из %llu"),
    TWIN(TXT_PROGRESS_RATE, ", %s в секунду"),
    TWIN(TXT_PROGRESS_LEFT, ", осталось около %s"),
    TWIN(TXT_EMBED_DONE, "строк: %zu%s, чисел в каждой: %d; записано в %s\n"),

    /* ---- figures ---- */
    TWIN(TXT_SIZE_B, "%.0f Б"),
    TWIN(TXT_SIZE_KB, "%.1f кБ"),
    TWIN(TXT_SIZE_MB, "%.1f МБ"),
    TWIN(TXT_SIZE_GB, "%.1f ГБ"),
    TWIN(TXT_SIZE_TB, "%.1f ТБ"),
    TWIN(TXT_SECONDS, "%.0f с"),
    TWIN(TXT_MINUTES, "%.0f мин"),
    TWIN(TXT_HOURS, "%.1f ч"),

    /* ---- results ---- */
    TWIN(TXT_VERSION, "imagefinder %s\n"),
    TWIN(TXT_COPIES, "  (копий: %zu)"),
    TWIN(TXT_INDEX_SUMMARY,
         ": найдено %llu: добавлено %llu, без перемен %llu, переименовано %llu, не прочитано %llu, убрано %llu; "
         "%.1f с"),
    TWIN(TXT_INDEX_RATE, " (%s в секунду)"),
    TWIN(TXT_INDEX_FAILED, "не прочитано: "),
    TWIN(TXT_INDEX_MORE_FAILED, "и ещё не прочитано: %zu; все перечислит --json\n"),
    TWIN(TXT_INDEX_NOTE, "замечание: "),
    TWIN(TXT_STATUS_HOME, "папка индекса: "),
    TWIN(TXT_STATUS_EMPTY, "коллекций пока нет; начните так: imagefinder index ПАПКА\n"),
    TWIN(TXT_STATUS_PICTURES, ": картинок %llu%s"),
    TWIN(TXT_STATUS_FAILED, ", не прочитано %llu"),
    TWIN(TXT_STATUS_OFFLINE, ", сейчас недоступно %llu"),
    TWIN(TXT_STATUS_WAITING, ", новые векторы есть ещё не у всех"),
    TWIN(TXT_STATUS_SIZE, ", %s, модель "),
    TWIN(TXT_STATUS_RUNNING, "сейчас индексируется: "),
    TWIN(TXT_STATUS_RUNNING_FIGURES, ", файлов %llu из %llu"),
    TWIN(TXT_LIST_MODEL, ", модель "),
    TWIN(TXT_LIST_DESCRIPTION, "    "),
    TWIN(TXT_LIST_QUERY, "    например: "),
    TWIN(TXT_REMOVED, "коллекция «%s» забыта, из индекса ушло картинок: %llu%s; ваши файлы остались как были\n"),
    TWIN(TXT_MODEL_ABSENT, ": на этой машине нет\n"),
    TWIN(TXT_MODEL_DIM, "векторы из %d чисел"),
    TWIN(TXT_MODELS_NONE,
         "моделей здесь нет; установите Image Finder полностью или укажите папку с ними в IMAGEFINDER_MODELS\n"),
    TWIN(TXT_DOCTOR_WELL, "всё хорошо: есть всё, что нужно Image Finder\n"),
    TWIN(TXT_DOCTOR_OK, "хорошо     "),
    TWIN(TXT_DOCTOR_ATTENTION, "внимание   "),
    TWIN(TXT_DOCTOR_ADVICE, "           что делать: "),
    TWIN(TXT_VERIFY_SOUND, "всё цело: сегментов %llu%s, строк %llu%s\n"),
    TWIN(TXT_VERIFY_DAMAGE_COUNT, "повреждено, мест: %zu%s; сегментов %llu%s, строк %llu%s\n"),
    TWIN(TXT_VERIFY_ROWS, " (строк: %llu%s)\n"),

    /* ---- labels ---- */
    TWIN(TXT_LABEL_TITLE, "название:"),
    TWIN(TXT_LABEL_DESCRIPTION, "описание:"),
    TWIN(TXT_LABEL_QUERIES, "например:"),
    TWIN(TXT_LABEL_FOLDERS, "папки:"),
    TWIN(TXT_LABEL_PICTURES, "картинок:"),
    TWIN(TXT_LABEL_MOMENTS, "моментов:"),
    TWIN(TXT_LABEL_FAILED, "не прочитано:"),
    TWIN(TXT_LABEL_OFFLINE, "недоступно:"),
    TWIN(TXT_LABEL_SIZE, "размер:"),
    TWIN(TXT_LABEL_MODEL, "модель:"),
    TWIN(TXT_LABEL_FOLDER, "папка:"),
    TWIN(TXT_LABEL_FAMILY, "семейство:"),
    TWIN(TXT_LABEL_VECTORS, "векторы:"),
    TWIN(TXT_LABEL_PICTURE_SIDE, "сторона:"),
    TWIN(TXT_LABEL_PARAMETERS, "параметров:"),
    TWIN(TXT_LABEL_TENSORS, "тензоров:"),
    TWIN(TXT_LABEL_PRECISION, "точность:"),
    TWIN(TXT_LABEL_PROVENANCE, "откуда:"),
    TWIN(TXT_VALUE_NUMBERS, "чисел: %d"),
    TWIN(TXT_VALUE_PIXELS, "точек: %d"),

    /* ---- the checks of 'doctor' ---- */
    TWIN(TXT_CHECK_DECODER, "декодер"),
    TWIN(TXT_CHECK_SANDBOX, "песочница"),
    TWIN(TXT_CHECK_PROCESSOR, "процессор"),
    TWIN(TXT_CHECK_MEMORY, "память"),
    TWIN(TXT_CHECK_DISK, "диск"),
    TWIN(TXT_CHECK_HOME, "папка индекса"),
    TWIN(TXT_CHECK_MODEL, "модель"),

    /* ---- help ---- */
    TWIN(TXT_HELP_EVERYWHERE, RU_EVERYWHERE),
    TWIN(TXT_HELP,
         "Image Finder находит картинки в ваших папках по словам, русским и английским,\n"
         "или по другой картинке. Всё остаётся на этой машине.\n"
         "\n"
         "  imagefinder index ПУТЬ...        прочитать картинки; после перемен — ещё раз\n"
         "  imagefinder search СЛОВА...      найти картинки по словам\n"
         "  imagefinder search @ФАЙЛ         найти картинки, похожие на эту\n"
         "  imagefinder serve                искать на странице в браузере\n"
         "  imagefinder collection list      показать коллекции\n"
         "  imagefinder collection show К    всё об одной коллекции\n"
         "  imagefinder collection edit К    дать коллекции название и примеры\n"
         "  imagefinder collection remove К  забыть коллекцию; ваши файлы останутся\n"
         "  imagefinder model list           показать модели, которые здесь есть\n"
         "  imagefinder model info М         всё об одной модели\n"
         "  imagefinder embed                записать векторы текстов и картинок\n"
         "  imagefinder tokenize ТЕКСТ...    показать текст так, как его читает модель\n"
         "  imagefinder status               что проиндексировано и что сейчас идёт\n"
         "  imagefinder verify               проверить каждый сохранённый байт\n"
         "  imagefinder doctor               проверить, всё ли нужное есть на этой машине\n"
         "  imagefinder --version            версия\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder index ~/Картинки\n"
         "  imagefinder search рыжий кот на окне\n"
         "  imagefinder search old sailing boat\n"
         "  imagefinder search @photo.jpg -k 20\n"
         "\n"
         "Код выхода: 0 — сделано, 1 — ничего не нашлось, 2 — неверный вызов,\n"
         "3 — плохие входные данные, 4 — диск, память, сеть, занято, повреждено\n"
         "или коллекцию надо проиндексировать снова, 130 — остановлено по Ctrl-C.\n"),
    TWIN(TXT_HELP_INDEX,
         "imagefinder index ПУТЬ... [-c КОЛЛЕКЦИЯ] [--model М] [--forget]\n"
         "\n"
         "Читает картинки из папок (вместе со всеми вложенными) или отдельные файлы:\n"
         "jpg, jpeg, jpe, png, webp, gif, tif, tiff, heic, heif, avif, jxl.\n"
         "После перемен запустите ещё раз: читается только новое. Можно в любой момент\n"
         "остановить по Ctrl-C и запустить снова. Ваши картинки никогда не меняются.\n"
         "\n"
         "  -c КОЛЛЕКЦИЯ      в какую коллекцию их положить (иначе default)\n"
         "  --model М         какой моделью: имя, путь к папке или к файлу\n"
         "  --forget          убрать то, что относится к пропавшей или пустой папке;\n"
         "                    без него такие записи остаются: вдруг диск вернётся\n"
         "\n"
         "Во что может обойтись одна картинка (переменные окружения):\n"
         "  IMAGEFINDER_MAX_PIXELS      сколько в ней точек (иначе 100000000)\n"
         "  IMAGEFINDER_DECODE_SECONDS  сколько секунд на чтение (иначе 10)\n"
         "  IMAGEFINDER_DECODE_MEMORY   сколько байт памяти на чтение (иначе 1073741824)\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder index ~/Картинки\n"
         "  imagefinder index ~/Фото /mnt/camera -c семья\n"
         "  IMAGEFINDER_MAX_PIXELS=400000000 imagefinder index ~/Панорамы\n"),
    TWIN(TXT_HELP_SEARCH,
         "imagefinder search СЛОВА... [-c КОЛЛЕКЦИЯ] [--model М] [-k 10] [--min-score Ч]\n"
         "                   [--templates none|default|ФАЙЛ] [--exact] [--json|--paths]\n"
         "imagefinder search @ФАЙЛ\n"
         "imagefinder search @НОМЕР\n"
         "\n"
         "Простые слова складываются в одну фразу, кавычки не нужны. Один аргумент с @\n"
         "впереди ищет по картинке: это файл или номер картинки из прошлого поиска.\n"
         "\n"
         "  -c КОЛЛЕКЦИЯ      искать только в этой коллекции\n"
         "  --model М         искать этой моделью\n"
         "  -k N              показать N самых близких, от 1 до 1000 (иначе 10)\n"
         "  --min-score Ч     не показывать то, чья близость меньше Ч (косинус, например\n"
         "                    0.25)\n"
         "  --templates Ш     фразы, в которые ставятся слова: none — без них, default —\n"
         "                    фразы модели, или файл: по одной в строке, {} вместо слов\n"
         "  --exact           сравнить с каждой картинкой, без упрощений\n"
         "  --paths           вывести только файлы, по одному в строке\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder search рыжий кот на окне -k 5\n"
         "  imagefinder search old sailing boat\n"
         "  imagefinder search @photo.jpg --paths\n"),
    TWIN(TXT_HELP_SERVE,
         "imagefinder serve [--listen АДРЕС:ПОРТ] [--model М]\n"
         "\n"
         "Открывает страницу для поиска в браузере, только для этой машины, и печатает её\n"
         "адрес. Работает и тогда, когда другой процесс индексирует. Останавливается по\n"
         "Ctrl-C; ничего не теряется.\n"
         "\n"
         "  --listen АДРЕС:ПОРТ  где ждать запросов (иначе 127.0.0.1:8090; порт 0 — любой\n"
         "                       свободный)\n"
         "  --model М            какой моделью: имя, путь к папке или к файлу\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder serve\n"
         "  imagefinder serve --listen 127.0.0.1:8100\n"
         "  imagefinder serve --home /mnt/disk/index\n"),
    TWIN(TXT_HELP_EMBED,
         "imagefinder embed (--text ТЕКСТ | --picture ФАЙЛ)... --out X.npy\n"
         "                  [--model М] [--raw] [--precision f32|auto]\n"
         "                  [--templates none|default|ФАЙЛ] [--reference-preprocessing]\n"
         "\n"
         "Записывает файл NumPy с числами float32: по строке на каждый вход, в том же\n"
         "порядке. Если хоть один вход плох, не записывается ничего.\n"
         "\n"
         "  --text ТЕКСТ      текст; можно повторять\n"
         "  --picture ФАЙЛ    картинка; можно повторять\n"
         "  --out X.npy       какой файл записать\n"
         "  --model М         какой моделью: имя, путь к папке или к файлу\n"
         "  --raw             оставить строки, как их даёт модель, не приводя к длине 1\n"
         "  --precision P     f32 или auto\n"
         "  --templates Ш     фразы, в которые ставится текст: none — без них (обычно),\n"
         "                    default — фразы модели, или файл: по одной в строке, {}\n"
         "                    вместо текста\n"
         "  --reference-preprocessing\n"
         "                    готовить картинки в точности так, как код самой модели: не\n"
         "                    поворачивать, отбросить прозрачность, 16 бит и профили\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder embed --text 'старая машина' --text 'an old car' --out texts.npy\n"
         "  imagefinder embed --picture photo.jpg --out photo.npy\n"),
    TWIN(TXT_HELP_TOKENIZE,
         "imagefinder tokenize --model М ТЕКСТ...\n"
         "\n"
         "Печатает номера частей, на которые модель режет каждый текст: по строке JSON на\n"
         "текст, вместе с метками начала и конца. У модели starter таких частей нет: она\n"
         "читает слова целиком.\n"
         "\n"
         "  --model М         какой моделью: имя, путь к папке или к файлу\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder tokenize --model ./clip-vit-base-patch32 'an old car' 'a cat'\n"),
    TWIN(TXT_HELP_COLLECTION,
         "imagefinder collection list\n"
         "imagefinder collection show К\n"
         "imagefinder collection edit К [--title Т] [--description О] [--query З]...\n"
         "imagefinder collection remove К\n"
         "\n"
         "list и show показывают, что есть. edit даёт коллекции К название, описание и\n"
         "примеры запросов; новые примеры заменяют прежние. remove забывает коллекцию: из\n"
         "индекса уходит то, чего нет в других. Ваши файлы никогда не затрагиваются;\n"
         "проиндексируйте их папку снова, и коллекция вернётся.\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder collection show семья\n"
         "  imagefinder collection edit семья --title 'Наша семья' --query 'кот на окне'\n"
         "  imagefinder collection remove старое\n"),
    TWIN(TXT_HELP_MODEL,
         "imagefinder model list\n"
         "imagefinder model info М\n"
         "\n"
         "list показывает модели, которые можно назвать по имени; info — всё об одной из\n"
         "них: по имени или по пути к папке. Модели ищутся в $IMAGEFINDER_MODELS, в папке\n"
         "индекса и рядом с программой.\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder model list\n"
         "  imagefinder model info starter\n"
         "  imagefinder model info ./my-model --json\n"),
    TWIN(TXT_HELP_STATUS,
         "imagefinder status\n"
         "\n"
         "Показывает, что проиндексировано в каждой коллекции и как далеко зашло\n"
         "индексирование, если оно сейчас идёт.\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder status\n"
         "  imagefinder status --home /mnt/disk/index\n"),
    TWIN(TXT_HELP_VERIFY,
         "imagefinder verify\n"
         "\n"
         "Сверяет каждый сохранённый байт с контрольной суммой. Код выхода 0 — всё цело,\n"
         "4 — нет; повреждённые файлы перечисляются.\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder verify\n"
         "  imagefinder verify --json\n"),
    TWIN(TXT_HELP_DOCTOR,
         "imagefinder doctor\n"
         "\n"
         "Смотрит, всё ли в порядке с тем, что нужно Image Finder: с декодером и его\n"
         "песочницей, процессором, памятью, диском, папкой индекса и моделью. Где нет —\n"
         "говорит, что делать. Ничего не меняет. Код выхода 0 — всё хорошо, 4 — нет.\n"
         "\n" RU_EVERYWHERE "\n"
         "Примеры:\n"
         "  imagefinder doctor\n"
         "  imagefinder doctor --json\n"),
};
const size_t imf_cli_n_twins = sizeof imf_cli_twins / sizeof imf_cli_twins[0];
