/*
 * Every text of the program `imagefinder` that a user may see, in English. texts_ru.c has the Russian twin of each,
 * found by the English text; tests/unit/test_language.py compares the two. An error is one line: what, where, what to
 * do. Most are printf formats: the compiler checks the arguments at every use. The texts of the library's own errors
 * are not here: they come with the error (imf_err.msg).
 */
#ifndef IMF_CLI_TEXTS_H
#define IMF_CLI_TEXTS_H

/* ---- how a line begins ------------------------------------------------------------------------------------------- */
#define TXT_PREFIX "imagefinder: "
#define TXT_PREFIX_WARNING "imagefinder: warning: "

/* ---- wrong usage ------------------------------------------------------------------------------------------------- */
#define TXT_NO_VERB                                                                                \
    "say what to do: index PATH..., search WORDS..., serve, embed, tokenize, collection, model, status, verify or " \
    "doctor; " \
    "'imagefinder --help' explains them"
#define TXT_UNKNOWN_VERB "there is no command '%s'; 'imagefinder --help' lists them"
#define TXT_UNKNOWN_VERB_SUGGEST "there is no command '%s': did you mean '%s'?"
#define TXT_UNKNOWN_OPTION                                                                         \
    "there is no option '%s'; 'imagefinder --help' lists them (put -- before words that begin with a dash)"
#define TXT_UNKNOWN_OPTION_SUGGEST "there is no option '%s': did you mean '%s'?"
#define TXT_OPTION_NOT_HERE "'imagefinder %s' has no option %s; see 'imagefinder %s --help'"
#define TXT_OPTION_NEEDS_VALUE "%s needs a value after it; see 'imagefinder --help'"
#define TXT_OPTION_TAKES_NO_VALUE "%s takes no value, but got '%s'"
#define TXT_OPTION_EMPTY "%s got an empty value; give one, or leave the option out"
#define TXT_BAD_WHOLE_NUMBER "%s takes a whole number from %d to %d, not '%s'"
#define TXT_BAD_SCORE "--min-score takes a number such as 0.25 (a cosine, from -1 to 1), not '%s'"
#define TXT_BAD_COLLECTION "%s: a collection's name has 1 to 64 bytes and no '/', not '%s'"
#define TXT_UNKNOWN_PRECISION "--precision takes f32 or auto, not '%s'"
#define TXT_PRECISION_NOT_BUILT "--precision %s is not built yet; use f32 or auto"
#define TXT_JSON_OR_PATHS "--json and --paths exclude each other; choose one"
#define TXT_TAKES_NO_WORDS "'imagefinder %s' takes no further words, but got '%s'; see 'imagefinder %s --help'"
#define TXT_INDEX_NEEDS_PATH "index needs at least one folder or picture, for example: imagefinder index ~/Pictures"
#define TXT_EMPTY_PATH "a path is empty; give a folder or a picture, for example: imagefinder index ~/Pictures"
#define TXT_SEARCH_NEEDS_WORDS                                                                     \
    "search needs words or a picture, for example: imagefinder search old car, or: imagefinder search @photo.jpg"
#define TXT_SEARCH_AT_ALONE                                                                        \
    "a picture query is exactly one argument, @FILE or @ITEM, without words beside it; got '%s' among others"
#define TXT_SEARCH_AT_EMPTY                                                                        \
    "nothing stands after '@'; give a picture's file or an item's id, for example: imagefinder search @photo.jpg"
#define TXT_SEARCH_URL "a picture from the web ('%s') is not built yet; save it and search with @FILE"
#define TXT_EMBED_NEEDS_INPUT "embed needs at least one --text TEXT or --picture FILE"
#define TXT_EMBED_NEEDS_OUT "embed needs --out X.npy: the file to write"
#define TXT_EMBED_TAKES_NO_WORDS "embed takes its inputs as --text TEXT and --picture FILE, not as '%s'"
#define TXT_TOKENIZE_NEEDS_TEXT                                                                    \
    "tokenize needs at least one text, for example: imagefinder tokenize --model M 'an old car'"
#define TXT_COLLECTION_NEEDS_VERB                                                                  \
    "say what to do with collections: collection list, collection show C, collection edit C or collection remove C"
#define TXT_NEEDS_COLLECTION "'%s' needs the name of one collection; 'imagefinder collection list' shows them"
#define TXT_EDIT_NEEDS_CHANGE "collection edit has nothing to change; give --title, --description or --query"
#define TXT_MODEL_NEEDS_VERB "say what to do with models: model list, or model info M"
#define TXT_NEEDS_MODEL "'model info' needs one model: a name from 'imagefinder model list', or a folder with a slash"
#define TXT_TOKENS_NOT_BUILT "--token-file is not built yet; the page is for this machine only, without a token"

/* ---- other errors ------------------------------------------------------------------------------------------------ */
#define TXT_OUT_OF_MEMORY "out of memory; close other programs and try again"
#define TXT_STDOUT_FAILED "cannot write the results to standard output: %s; free some space or write elsewhere"
#define TXT_CANNOT_WRITE_FILE "cannot write '%s': %s; choose another --out or free some space"
#define TXT_VERIFY_DAMAGED                                                                         \
    "the home is damaged in %zu place%s, the first in %s; your pictures are untouched: move the home away, index again"
#define TXT_INDEX_OTHERS "%s (otherwise: %llu seen, %llu added, %llu failed)"
#define TXT_DOCTOR_AMISS "%zu of %zu checks want attention, the first is '%s'; the list says what to do about each"

/* ---- the system's reasons, for the two errors above that end with one -------------------------------------------- */
#define TXT_REASON_RIGHTS "permission denied"
#define TXT_REASON_NO_FOLDER "no such folder"
#define TXT_REASON_IS_FOLDER "it is a folder"
#define TXT_REASON_FULL "no space left on the disk"
#define TXT_REASON_QUOTA "the disk quota is used up"
#define TXT_REASON_TOO_LARGE "the file would be too large"
#define TXT_REASON_READ_ONLY "the disk is read-only"
#define TXT_REASON_DISK "the disk reports an error"
#define TXT_REASON_CLOSED "it is closed"
#define TXT_REASON_LONG_NAME "the name is too long"
#define TXT_REASON_MEMORY "out of memory"

/* ---- notes on standard error ------------------------------------------------------------------------------------- */
#define TXT_NOTHING_INDEXED "nothing found: no picture is indexed here yet; start with: imagefinder index FOLDER"
#define TXT_NOTHING_REACHES                                                                        \
    "nothing found at --min-score %g; lower it or leave it out, or index more pictures: imagefinder index FOLDER"
#define TXT_ALL_NONE "nothing here fits well; these are the nearest"
#define TXT_TIMES_WORDS "%.0f ms: words %.0f ms, search %.0f ms\n"
#define TXT_TIMES_PICTURE "%.0f ms: picture %.0f ms, search %.0f ms\n"
#define TXT_STOPPING "\nfinishing what is under way; Ctrl-C again stops at once\n"
#define TXT_PROGRESS_WALK "%s: looking through the folders, %llu files so far"
#define TXT_PROGRESS_PLAIN "%s: %llu of %llu files"
#define TXT_PROGRESS_BAR "%s [%s] %llu of %llu"
#define TXT_PROGRESS_RATE ", %s a second"
#define TXT_PROGRESS_LEFT ", about %s left"
#define TXT_EMBED_DONE "%zu row%s of %d numbers written to %s\n"

/* ---- figures ----------------------------------------------------------------------------------------------------- */
#define TXT_SIZE_B "%.0f B"
#define TXT_SIZE_KB "%.1f kB"
#define TXT_SIZE_MB "%.1f MB"
#define TXT_SIZE_GB "%.1f GB"
#define TXT_SIZE_TB "%.1f TB"
#define TXT_SECONDS "%.0f s"
#define TXT_MINUTES "%.0f min"
#define TXT_HOURS "%.1f h"

/* ---- results ----------------------------------------------------------------------------------------------------- */
#define TXT_VERSION "imagefinder %s\n"
#define TXT_COPIES "  (%zu copies)"
#define TXT_INDEX_SUMMARY ": %llu seen: %llu added, %llu unchanged, %llu renamed, %llu failed, %llu removed; %.1f s"
#define TXT_INDEX_RATE " (%s a second)"
#define TXT_INDEX_FAILED "failed: "
#define TXT_INDEX_MORE_FAILED "and %zu more failed; --json lists them all\n"
#define TXT_INDEX_NOTE "note: "
#define TXT_STATUS_HOME "home: "
#define TXT_STATUS_EMPTY "no collections yet; start with: imagefinder index FOLDER\n"
#define TXT_STATUS_PICTURES ": %llu picture%s"
#define TXT_STATUS_FAILED ", %llu failed"
#define TXT_STATUS_OFFLINE ", %llu offline"
#define TXT_STATUS_WAITING ", not all embedded again yet"
#define TXT_STATUS_SIZE ", %s, model "
#define TXT_STATUS_RUNNING "indexing now: "
#define TXT_STATUS_RUNNING_FIGURES ", %llu of %llu files"
#define TXT_LIST_MODEL ", model "
#define TXT_LIST_DESCRIPTION "    "
#define TXT_LIST_QUERY "    for example: "
#define TXT_REMOVED "%s is forgotten, %llu item%s went from the index; your own files are as they were\n"
#define TXT_MODEL_ABSENT ": not on this machine\n"
#define TXT_MODEL_DIM "vectors of %d numbers"
#define TXT_MODELS_NONE                                                                            \
    "no models here; install Image Finder completely, or set IMAGEFINDER_MODELS to the folder that holds them\n"
#define TXT_DOCTOR_WELL "all is well: everything that Image Finder needs is there\n"
#define TXT_DOCTOR_OK "ok         "
#define TXT_DOCTOR_ATTENTION "attention  "
#define TXT_DOCTOR_ADVICE "           what to do: "
#define TXT_VERIFY_SOUND "sound: %llu segment%s, %llu row%s\n"
#define TXT_VERIFY_DAMAGE_COUNT "damaged: %zu place%s; %llu segment%s, %llu row%s\n"
#define TXT_VERIFY_ROWS " (%llu row%s)\n"

/* ---- labels of 'collection show' and 'model info'; padded where they are printed --------------------------------- */
#define TXT_LABEL_TITLE "title:"
#define TXT_LABEL_DESCRIPTION "description:"
#define TXT_LABEL_QUERIES "for example:"
#define TXT_LABEL_FOLDERS "folders:"
#define TXT_LABEL_PICTURES "pictures:"
#define TXT_LABEL_MOMENTS "moments:"
#define TXT_LABEL_FAILED "failed:"
#define TXT_LABEL_OFFLINE "offline:"
#define TXT_LABEL_SIZE "size:"
#define TXT_LABEL_MODEL "model:"
#define TXT_LABEL_FOLDER "folder:"
#define TXT_LABEL_FAMILY "family:"
#define TXT_LABEL_VECTORS "vectors:"
#define TXT_LABEL_PICTURE_SIDE "picture side:"
#define TXT_LABEL_PARAMETERS "parameters:"
#define TXT_LABEL_TENSORS "tensors:"
#define TXT_LABEL_PRECISION "precision:"
#define TXT_LABEL_PROVENANCE "origin:"
#define TXT_VALUE_NUMBERS "%d numbers"
#define TXT_VALUE_PIXELS "%d pixels"

/* ---- the checks of 'doctor', as the library names them ----------------------------------------------------------- */
#define TXT_CHECK_DECODER "decoder"
#define TXT_CHECK_SANDBOX "sandbox"
#define TXT_CHECK_PROCESSOR "processor"
#define TXT_CHECK_MEMORY "memory"
#define TXT_CHECK_DISK "disk"
#define TXT_CHECK_HOME "home"
#define TXT_CHECK_MODEL "model"

/* ---- help -------------------------------------------------------------------------------------------------------- */
#define TXT_HELP_EVERYWHERE                                                                        \
    "Everywhere:\n"                                                                                \
    "  --home DIR        where the index lives (else $IMAGEFINDER_HOME, else\n"                    \
    "                    ~/.local/share/imagefinder)\n"                                            \
    "  --json            print the results as one line of JSON\n"                                  \
    "  --threads N       use at most N threads\n"                                                  \
    "  --no-cache        do not keep prepared weights of a model\n"                                \
    "  --quiet           no progress and no notes, only results and errors\n"                      \
    "  --help            this help; after a command, the help of that command\n"

#define TXT_HELP                                                                                   \
    "Image Finder finds pictures in your own folders by words, Russian or English,\n"              \
    "or by another picture. Everything stays on this machine.\n"                                   \
    "\n"                                                                                           \
    "  imagefinder index PATH...        read pictures; run it again after changes\n"               \
    "  imagefinder search WORDS...      find pictures by words\n"                                  \
    "  imagefinder search @FILE         find pictures that look like this one\n"                   \
    "  imagefinder serve                search on a page in the browser\n"                         \
    "  imagefinder collection list      show the collections\n"                                    \
    "  imagefinder collection show C    all about one collection\n"                                \
    "  imagefinder collection edit C    give a collection a title and examples\n"                  \
    "  imagefinder collection remove C  forget a collection; your files stay\n"                    \
    "  imagefinder model list           show the models that are here\n"                           \
    "  imagefinder model info M         all about one model\n"                                     \
    "  imagefinder embed                write the vectors of texts and pictures\n"                 \
    "  imagefinder tokenize TEXT...     show a text as the model reads it\n"                       \
    "  imagefinder status               what is indexed, and what is running\n"                    \
    "  imagefinder verify               check every stored byte\n"                                 \
    "  imagefinder doctor               check that this machine has what is needed\n"              \
    "  imagefinder --version            the version\n"                                             \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder index ~/Pictures\n"                                                             \
    "  imagefinder search old sailing boat\n"                                                      \
    "  imagefinder search рыжий кот на окне\n"                                                     \
    "  imagefinder search @photo.jpg -k 20\n"                                                      \
    "\n"                                                                                           \
    "Exit status: 0 done, 1 nothing found, 2 wrong usage, 3 bad input,\n"                          \
    "4 disk, memory, network, busy, damage or a collection to be indexed again,\n"                 \
    "130 stopped by Ctrl-C.\n"

#define TXT_HELP_INDEX                                                                             \
    "imagefinder index PATH... [-c COLLECTION] [--model M] [--forget]\n"                           \
    "\n"                                                                                           \
    "Reads the pictures of folders (with all folders inside) or single files:\n"                   \
    "jpg, jpeg, jpe, png, webp, gif, tif, tiff, heic, heif, avif, jxl.\n"                          \
    "Run it again after changes: only what is new is read. It is safe to stop it with\n"           \
    "Ctrl-C and to run it again. Your pictures are never changed.\n"                               \
    "\n"                                                                                           \
    "  -c COLLECTION     the collection to put them into (else 'default')\n"                       \
    "  --model M         the model to use: a name, or the path of a folder or file\n"              \
    "  --forget          remove what belongs to a folder that is missing or empty;\n"              \
    "                    without it such entries are kept, for a disk that comes back\n"           \
    "\n"                                                                                           \
    "What one picture may cost (environment variables):\n"                                         \
    "  IMAGEFINDER_MAX_PIXELS      its pixels (else 100000000)\n"                                  \
    "  IMAGEFINDER_DECODE_SECONDS  the time to decode it (else 10)\n"                              \
    "  IMAGEFINDER_DECODE_MEMORY   the bytes to decode it (else 1073741824)\n"                     \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder index ~/Pictures\n"                                                             \
    "  imagefinder index ~/Photos /mnt/camera -c family\n"                                         \
    "  IMAGEFINDER_MAX_PIXELS=400000000 imagefinder index ~/Panoramas\n"

#define TXT_HELP_SEARCH                                                                            \
    "imagefinder search WORDS... [-c COLLECTION] [--model M] [-k 10] [--min-score S]\n"            \
    "                   [--templates none|default|FILE] [--exact] [--json|--paths]\n"              \
    "imagefinder search @FILE\n"                                                                   \
    "imagefinder search @ITEM\n"                                                                   \
    "\n"                                                                                           \
    "Plain words form one phrase; no quotes are needed. One argument with @ in front\n"            \
    "searches by a picture: a file, or the id of an item from an earlier search.\n"                \
    "\n"                                                                                           \
    "  -c COLLECTION     search this collection only\n"                                            \
    "  --model M         search with this model\n"                                                 \
    "  -k N              list the N nearest, 1 to 1000 (else 10)\n"                                \
    "  --min-score S     leave out what scores below S (a cosine, such as 0.25)\n"                 \
    "  --templates T     phrases that the words are put into: none, default (the\n"               \
    "                    model's own), or a file: one a line, {} for the words\n"                  \
    "  --exact           compare with every picture, no shortcuts\n"                               \
    "  --paths           print only the files, one a line\n"                                       \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder search old sailing boat\n"                                                      \
    "  imagefinder search рыжий кот на окне -k 5\n"                                                \
    "  imagefinder search @photo.jpg --paths\n"

#define TXT_HELP_SERVE                                                                             \
    "imagefinder serve [--listen ADDRESS:PORT] [--model M]\n"                                      \
    "\n"                                                                                           \
    "Serves a page for searching in the browser, to this machine only, and prints its\n"           \
    "address. It goes on while another process indexes. Ctrl-C stops it; nothing is\n"             \
    "lost.\n"                                                                                      \
    "\n"                                                                                           \
    "  --listen ADDRESS:PORT  where to listen (else 127.0.0.1:8090; port 0 is any\n"               \
    "                         free one)\n"                                                         \
    "  --model M              the model: a name, or the path of a folder or file\n"                \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder serve\n"                                                                        \
    "  imagefinder serve --listen 127.0.0.1:8100\n"                                                \
    "  imagefinder serve --home /mnt/disk/index\n"

#define TXT_HELP_EMBED                                                                             \
    "imagefinder embed (--text TEXT | --picture FILE)... --out X.npy\n"                            \
    "                  [--model M] [--raw] [--precision f32|auto]\n"                               \
    "                  [--templates none|default|FILE] [--reference-preprocessing]\n"              \
    "\n"                                                                                           \
    "Writes a NumPy file of float32 with one row for each input, in the order given.\n"            \
    "If one input is bad, nothing is written.\n"                                                   \
    "\n"                                                                                           \
    "  --text TEXT       a text; may be repeated\n"                                                \
    "  --picture FILE    a picture; may be repeated\n"                                             \
    "  --out X.npy       the file to write\n"                                                      \
    "  --model M         the model to use: a name, or the path of a folder or file\n"              \
    "  --raw             leave the rows as the model gives them, not of length 1\n"                \
    "  --precision P     f32 or auto\n"                                                            \
    "  --templates T     phrases that a text is put into: none (as usual), default\n"             \
    "                    (the model's own), or a file: one a line, {} for the text\n"              \
    "  --reference-preprocessing\n"                                                                \
    "                    prepare pictures exactly as the model's own code does it:\n"              \
    "                    not turned upright, alpha dropped, 16 bits cut, no profiles\n"            \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder embed --text 'an old car' --text 'старая машина' --out texts.npy\n"             \
    "  imagefinder embed --picture photo.jpg --out photo.npy\n"

#define TXT_HELP_TOKENIZE                                                                          \
    "imagefinder tokenize --model M TEXT...\n"                                                     \
    "\n"                                                                                           \
    "Prints the numbers of the pieces that a model cuts each text into, one line of\n"             \
    "JSON a text, with the marks of start and end. The starter has no such pieces: it\n"           \
    "reads whole words.\n"                                                                         \
    "\n"                                                                                           \
    "  --model M         the model to use: a name, or the path of a folder or file\n"              \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder tokenize --model ./clip-vit-base-patch32 'an old car' 'a cat'\n"

#define TXT_HELP_COLLECTION                                                                        \
    "imagefinder collection list\n"                                                                \
    "imagefinder collection show C\n"                                                              \
    "imagefinder collection edit C [--title T] [--description D] [--query Q]...\n"                 \
    "imagefinder collection remove C\n"                                                            \
    "\n"                                                                                           \
    "list and show tell what there is. edit gives collection C a title, a description\n"           \
    "and example queries; the queries given replace the old ones. remove forgets the\n"            \
    "collection: what no other one holds goes from the index. Your own files are\n"                \
    "never touched; index their folder again to have the collection back.\n"                       \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder collection show family\n"                                                       \
    "  imagefinder collection edit family --title 'Our family' --query 'кот на окне'\n"            \
    "  imagefinder collection remove old\n"

#define TXT_HELP_MODEL                                                                             \
    "imagefinder model list\n"                                                                     \
    "imagefinder model info M\n"                                                                   \
    "\n"                                                                                           \
    "list shows the models that can be named; info shows all about one: a name, or\n"              \
    "the path of a folder. Models are looked for in $IMAGEFINDER_MODELS, in the home\n"            \
    "and beside the program.\n"                                                                    \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder model list\n"                                                                   \
    "  imagefinder model info starter\n"                                                           \
    "  imagefinder model info ./my-model --json\n"

#define TXT_HELP_STATUS                                                                            \
    "imagefinder status\n"                                                                         \
    "\n"                                                                                           \
    "Shows what is indexed in each collection, and how far a running index is.\n"                  \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder status\n"                                                                       \
    "  imagefinder status --home /mnt/disk/index\n"

#define TXT_HELP_VERIFY                                                                            \
    "imagefinder verify\n"                                                                         \
    "\n"                                                                                           \
    "Checks every stored byte against its checksum. The exit status is 0 when all is\n"            \
    "sound and 4 when not; the files that are damaged are listed.\n"                               \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder verify\n"                                                                       \
    "  imagefinder verify --json\n"

#define TXT_HELP_DOCTOR                                                                            \
    "imagefinder doctor\n"                                                                         \
    "\n"                                                                                           \
    "Looks at everything that Image Finder needs (the decoder and its sandbox, the\n"              \
    "processor, memory, disk, home and model) and says what to do where something is\n"            \
    "amiss. It changes nothing. The exit status is 0 when all is well and 4 when not.\n"           \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder doctor\n"                                                                       \
    "  imagefinder doctor --json\n"

#endif
