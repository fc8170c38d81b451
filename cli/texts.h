/*
 * Every text of the program `imagefinder` that a user may see, in English; other languages will join as tables keyed
 * by these texts. An error is one line: what, where, what to do. Most are printf formats: the compiler checks the
 * arguments at every use. The texts of the library's own errors are not here: they come with the error (imf_err.msg).
 */
#ifndef IMF_CLI_TEXTS_H
#define IMF_CLI_TEXTS_H

/* ---- how a line begins ------------------------------------------------------------------------------------------- */
#define TXT_PREFIX "imagefinder: "
#define TXT_PREFIX_WARNING "imagefinder: warning: "

/* ---- wrong usage ------------------------------------------------------------------------------------------------- */
#define TXT_NO_VERB                                                                                \
    "say what to do: index PATH..., search WORDS..., embed, collection list, collection edit, status or verify; " \
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
#define TXT_COLLECTION_NEEDS_VERB "say what to do with collections: collection list, or collection edit NAME"
#define TXT_EDIT_NEEDS_NAME "collection edit needs the name of one collection; 'imagefinder collection list' shows them"
#define TXT_EDIT_NEEDS_CHANGE "collection edit has nothing to change; give --title, --description or --query"

/* ---- other errors ------------------------------------------------------------------------------------------------ */
#define TXT_OUT_OF_MEMORY "out of memory; close other programs and try again"
#define TXT_STDOUT_FAILED "cannot write the results to standard output: %s; free some space or write elsewhere"
#define TXT_CANNOT_WRITE_FILE "cannot write '%s': %s; choose another --out or free some space"
#define TXT_VERIFY_DAMAGED                                                                         \
    "the home is damaged in %zu place%s, the first in %s; your pictures are untouched: move the home away, index again"
#define TXT_INDEX_OTHERS "%s (otherwise: %llu seen, %llu added, %llu failed)"

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
#define TXT_STATUS_SIZE ", %s, model "
#define TXT_STATUS_RUNNING "indexing now: "
#define TXT_STATUS_RUNNING_FIGURES ", %llu of %llu files"
#define TXT_LIST_MODEL ", model "
#define TXT_LIST_DESCRIPTION "    "
#define TXT_LIST_QUERY "    for example: "
#define TXT_VERIFY_SOUND "sound: %llu segment%s, %llu row%s\n"
#define TXT_VERIFY_DAMAGE_COUNT "damaged: %zu place%s; %llu segment%s, %llu row%s\n"
#define TXT_VERIFY_ROWS " (%llu row%s)\n"

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
    "  imagefinder search WORDS...      find pictures by words\n"                                       \
    "  imagefinder search @FILE         find pictures that look like this one\n"                \
    "  imagefinder embed                write the vectors of texts and pictures\n"                 \
    "  imagefinder collection list      show the collections\n"                                    \
    "  imagefinder collection edit C    give a collection a title and examples\n"                  \
    "  imagefinder status               what is indexed, and what is running\n"                    \
    "  imagefinder verify               check every stored byte\n"                                 \
    "  imagefinder --version            the version\n"                                             \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder index ~/Pictures\n"                                                             \
    "  imagefinder search old sailing boat\n"                                                   \
    "  imagefinder search рыжий кот на окне\n"                                                     \
    "  imagefinder search @photo.jpg -k 20\n"                                                      \
    "\n"                                                                                           \
    "Exit status: 0 done, 1 nothing found, 2 wrong usage, 3 bad input,\n"                          \
    "4 disk, memory, busy or damage, 130 stopped by Ctrl-C.\n"

#define TXT_HELP_INDEX                                                                             \
    "imagefinder index PATH... [-c COLLECTION] [--model M] [--forget]\n"                           \
    "\n"                                                                                           \
    "Reads the pictures of folders (with all folders inside) or single files:\n"                   \
    "jpg, jpeg, jpe, png, webp, gif, tif, tiff. Run it again after changes: only what\n"           \
    "is new is read. It is safe to stop with Ctrl-C and to run again.\n"                           \
    "Your pictures are never changed.\n"                                                           \
    "\n"                                                                                           \
    "  -c COLLECTION     the collection to put them into (else 'default')\n"                         \
    "  --model M         the model to use: a name, or the path of a folder\n"               \
    "  --forget          remove what belongs to a folder that is missing or empty;\n"              \
    "                    without it such entries are kept, for a disk that comes back\n"           \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder index ~/Pictures\n"                                                             \
    "  imagefinder index ~/Photos /mnt/camera -c family\n"

#define TXT_HELP_SEARCH                                                                            \
    "imagefinder search WORDS... [-c COLLECTION] [--model M] [-k 10] [--min-score S]\n"            \
    "                   [--exact] [--json|--paths]\n"                                              \
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
    "  --exact           compare with every picture, no shortcuts\n"                               \
    "  --paths           print only the files, one a line\n"                                       \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder search old sailing boat\n"                                                   \
    "  imagefinder search рыжий кот на окне -k 5\n"                                                \
    "  imagefinder search @photo.jpg --paths\n"

#define TXT_HELP_EMBED                                                                             \
    "imagefinder embed (--text TEXT | --picture FILE)... --out X.npy [--model M] [--raw]\n"        \
    "                  [--precision f32|auto]\n"                                                   \
    "\n"                                                                                           \
    "Writes a NumPy file of float32 with one row for each input, in the order given.\n"            \
    "If one input is bad, nothing is written.\n"                                                   \
    "\n"                                                                                           \
    "  --text TEXT       a text; may be repeated\n"                                                \
    "  --picture FILE    a picture; may be repeated\n"                                             \
    "  --out X.npy       the file to write\n"                                                      \
    "  --model M         the model to use: a name, or the path of a folder\n"               \
    "  --raw             leave the rows as the model gives them, not of length 1\n"                \
    "  --precision P     f32 or auto\n"                                                            \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder embed --text 'an old car' --text 'старая машина' --out texts.npy\n"             \
    "  imagefinder embed --picture photo.jpg --out photo.npy\n"

#define TXT_HELP_COLLECTION                                                                        \
    "imagefinder collection list\n"                                                                \
    "imagefinder collection edit C [--title T] [--description D] [--query Q]...\n"                 \
    "\n"                                                                                           \
    "Shows the collections, or gives collection C a title, a description and example\n"            \
    "queries. The queries given replace the old ones.\n"                                           \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Examples:\n"                                                                                  \
    "  imagefinder collection list\n"                                                              \
    "  imagefinder collection edit family --title 'Our family' --query 'кот на окне'\n"

#define TXT_HELP_STATUS                                                                            \
    "imagefinder status\n"                                                                         \
    "\n"                                                                                           \
    "Shows what is indexed in each collection, and how far a running index is.\n"                  \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Example:\n"                                                                                   \
    "  imagefinder status --home /mnt/disk/index\n"

#define TXT_HELP_VERIFY                                                                            \
    "imagefinder verify\n"                                                                         \
    "\n"                                                                                           \
    "Checks every stored byte against its checksum. The exit status is 0 when all is\n"            \
    "sound and 4 when not; the files that are damaged are listed.\n"                               \
    "\n" TXT_HELP_EVERYWHERE "\n"                                                                  \
    "Example:\n"                                                                                   \
    "  imagefinder verify --json\n"

#endif
