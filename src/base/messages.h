/*
 * Every message of the library that a user may see, in English; other languages will join as tables keyed by these
 * texts. One line each: what, where, what to do. Each is a printf format: the compiler checks the arguments at every
 * use. Sections are by module; a new message goes to its module's section.
 */
#ifndef IMF_BASE_MESSAGES_H
#define IMF_BASE_MESSAGES_H

/* ---- base ---- */
#define MSG_OUT_OF_MEMORY "out of memory while %s; close other programs and try again"

/* ---- media ---- */
#define MSG_RESIZE_USAGE "cannot resize %zu x %zu to %zu x %zu, %zu channels, filter %d"
#define MSG_VIEW_USAGE "cannot cut a view from %u x %u pixels of %u channels: kind %u, %u x %u"
#define MSG_POOL_USAGE "the decode pool needs 1 to 64 workers and 1 to %d views; asked for %d workers and %zu views"
#define MSG_POOL_PROGRAM \
    "cannot find the decoder program %s; install Image Finder completely or set IMAGEFINDER_DECODE to its path"
#define MSG_POOL_START "cannot start the decoder %s: %s; try to run it with --version"
#define MSG_POOL_SYSTEM "cannot start a decode worker (%s)"
#define MSG_PICTURE_NOT_A_FILE "not a regular file"
#define MSG_PICTURE_READ "cannot be read"
#define MSG_PICTURE_EMPTY "the file is empty"
#define MSG_PICTURE_UNSUPPORTED "not a picture of a supported format (JPEG, PNG, WebP, GIF, TIFF)"
#define MSG_PICTURE_DAMAGED "the picture is damaged or cut short"
#define MSG_PICTURE_TOO_LARGE "the picture is larger than %.4g megapixels"
#define MSG_PICTURE_MEMORY "the picture needs too much memory (more than %.4g MB)"
#define MSG_PICTURE_TIMEOUT "the picture took longer than %.4g s"
#define MSG_PICTURE_CRASH "the picture crashed the decoder (%s)"
#define MSG_PICTURE_NONSENSE "the decoder gave a wrong answer about the picture"

/* ---- text ---- */
#define MSG_TEXT_LONG "the query is longer than %d bytes; make it shorter"
#define MSG_TEXT_CONFIG "the tokenizer's numbers are out of range; this is a fault of Image Finder, please report it"
#define MSG_TEXT_NOT_UTF8 "the text is not valid UTF-8; check the terminal's encoding"

/* ---- nn ---- */
#define MSG_WEIGHTS_READ "cannot read the weights %s"
#define MSG_WEIGHTS_SHORT "%s: %zu bytes are too few for a safetensors file; get the file again"
#define MSG_WEIGHTS_HEADER \
    "%s: the header claims %llu bytes of a file of %zu (and at most 100 MB): damaged, or no safetensors file; get it " \
    "again"
#define MSG_WEIGHTS_NOT_JSON "%s: the header is not a safetensors header: %s (byte %d); get the file again"
#define MSG_WEIGHTS_TOO_MANY "%s: the header describes more than any model has; get the file again"
#define MSG_WEIGHTS_NO_NAME "%s: a tensor has an empty name; get the file again"
#define MSG_WEIGHTS_FIELD "%s: tensor %.*s: %s is not %s; get the file again"
#define MSG_WEIGHTS_DTYPE "%s: tensor %.*s has the type %.*s, which is not supported; use a model in F32, F16 or BF16"
#define MSG_WEIGHTS_OUTSIDE "%s: tensor %.*s lies at bytes %zu to %zu of %zu: the file is cut or damaged; get it again"
#define MSG_WEIGHTS_LENGTH "%s: tensor %.*s has %zu bytes, but its shape asks for %zu numbers of %s; get the file again"
#define MSG_WEIGHTS_COVER "%s: tensor %.*s begins at byte %zu, expected %zu (a hole or an overlap); get the file again"
#define MSG_WEIGHTS_TAIL "%s: %zu bytes of data, but the tensors end at %zu; get the file again"
#define MSG_WEIGHTS_MISSING "%s: there is no tensor %s; the file is not the one that its config.json describes"
#define MSG_WEIGHTS_UNFIT \
    "%s: tensor %s is %s [%s], expected %s [%s]; the file is not the one that its config.json describes"
#define MSG_STARTER_READ "cannot read the model file %s"
#define MSG_STARTER_NOT_JSON "%s is not a model's configuration: %s (line %d); get the model again"
#define MSG_STARTER_TYPE "%s: model_type is %.80s, expected imagefinder-starter; choose another model folder"
#define MSG_STARTER_VERSION \
    "%s: made for another version of Image Finder (%s %d, expected %d); get the model of this version"
#define MSG_STARTER_NO_KEY "%s: the key %s%s is missing; get the model again"
#define MSG_STARTER_KEY "%s: %s%s is not %s; get the model again"
#define MSG_STARTER_INT "%s: %s%s is not an integer from %d to %d; get the model again"
#define MSG_STARTER_REAL "%s: %s%s is not a number from %g to %g; get the model again"
#define MSG_STARTER_DIM "%s: dim is %d, but picture.concept_dim + picture.learned_dim is %d + %d; get the model again"
#define MSG_STARTER_HUGE \
    "the model's layer %s asks for more memory than any starter needs: config.json is damaged; get the model again"
#define MSG_STARTER_NOT_FINITE "the model's tensor %s holds a number that is not finite; get the model again"
#define MSG_STARTER_NO_WORDS "the query has no Russian or English word; type one"
#define MSG_STARTER_ROW \
    "word %zu points outside the model's table of %u rows; this is a fault of Image Finder, please report it"
#define MSG_STARTER_BAD_VECTOR \
    "the model gives no usable vector for this %s: its weights are damaged; get the model again"
#define MSG_DNN "the neural network library failed at %s (status %d); this is a fault of Image Finder, please report it"

/* ---- index ---- */
#define MSG_INDEX_DAMAGED "%s is damaged: %s; `imagefinder verify` lists all damage" /* file, one of the WHAT texts */
#define MSG_INDEX_WHAT_MISSING "the file is missing"
#define MSG_INDEX_WHAT_HEADER "both copies of its header fail their checksums"
#define MSG_INDEX_WHAT_VERSION "its format version is %u, this program reads version %u"
#define MSG_INDEX_WHAT_FOREIGN "it belongs to another %s" /* catalog, space */
#define MSG_INDEX_WHAT_DIM "its vectors have %u numbers, %d expected"
#define MSG_INDEX_WHAT_NUMBER "its header says segment %u"
#define MSG_INDEX_WHAT_CONTRADICTION "its header contradicts itself (%s)" /* the field */
#define MSG_INDEX_WHAT_ROWS "the catalog names %u rows, the file is made for %u"
#define MSG_INDEX_WHAT_SHORT "%llu bytes expected, %llu found, rows %u-%u are touched"
#define MSG_INDEX_WHAT_BLOCK "block %u fails its checksum (rows %u-%u)"
#define MSG_INDEX_WHAT_BLOCKS "blocks %u-%u fail their checksums (rows %u-%u)"
#define MSG_INDEX_WHAT_UNREADABLE "blocks %u-%u cannot be read from the disk (rows %u-%u)"
#define MSG_INDEX_WHAT_VALUES "row %u of block %u is not a vector although its checksum is right"
#define MSG_INDEX_OPEN "cannot open %s; check the disk and the rights there"
#define MSG_INDEX_READ "cannot read %s; check the disk"
#define MSG_INDEX_MAP "cannot map %s into memory; close other programs and try again"
#define MSG_INDEX_WRITE "cannot write %s; free space or rights there, then run again: what was committed is safe"
#define MSG_INDEX_SYNC \
    "%s could not be put on the disk and takes no more rows; check the disk, then run again: what was committed is safe"
#define MSG_INDEX_CLOSED \
    "an earlier write to the vectors in %s failed, they take no more rows; check the disk, then run again: what was " \
    "committed is safe"
#define MSG_INDEX_BAD_ROW "vector %zu of %zu is zero or not finite; nothing was added"
#define MSG_INDEX_BAD_QUERY "query vector %zu is zero or not finite; give another query"
#define MSG_INDEX_K "%d results asked for; ask for 1 to %d"
#define MSG_INDEX_MISUSE "the vector index was called wrongly (%s); please report this"

/* ---- store ---- */
#define MSG_STORE_FULL "%s: no space left on the disk (%s); free some and run the command again"
#define MSG_STORE_IO "%s: cannot be read or written (%s); check the disk and the permissions of its folder"
#define MSG_STORE_DAMAGED                                                                                              \
    "%s: the catalog is damaged (%s); "                                                                                \
    "restore the home from a backup, or move it away and index again"
#define MSG_STORE_FOREIGN                                                                                              \
    "%s: this is not a catalog of Image Finder; "                                                                      \
    "choose another home with --home, or move the file away"
#define MSG_STORE_BUSY "%s: in use by another process (%s); try again when it has finished"
#define MSG_STORE_CHANGED "%s: changed while it was read in a folder without write permission; run the command again"
#define MSG_STORE_FAULT "%s: a fault of Image Finder's own in the catalog (%s); please report it"
#define MSG_STORE_NEWER                                                                                                \
    "%s: made by a newer version of Image Finder (schema %d, this one knows %d); "                                     \
    "update Image Finder"
#define MSG_STORE_OLDER                                                                                                \
    "%s: made by an older version of Image Finder (schema %d, this one reads %d); "                                    \
    "run `imagefinder index` once"
#define MSG_STORE_NO_WAL                                                                                               \
    "%s: this file system cannot hold a catalog (no shared memory for its journal); "                                  \
    "choose a local folder with --home"
#define MSG_STORE_RANDOM "cannot get random bytes for the new catalog %s"
#define WHAT_STORE_DATABASE "the database's own check: %s"
#define WHAT_STORE_FOREIGN_KEY "rows of the table %s name a %s that is not there"
#define WHAT_STORE_UNCOMMITTED "%s rows name a vector that was never committed"
#define WHAT_STORE_TWICE "vectors are named by a picture and counted as deleted at once"
#define WHAT_STORE_UNNAMED "segment %lld: committed rows are named neither by a picture nor as deleted"
#define WHAT_STORE_NO_ITEM "paths have neither an item nor a reason why not"
#define WHAT_STORE_BOTH "paths have an item and a reason why it could not be read"
#define WHAT_STORE_NO_PATH "items have no path, and no sweep is due for them"
#define WHAT_STORE_NOT_LIVE "vectors belong to no collection of their space, and no sweep is due for them"
#define WHAT_STORE_NO_MOMENT "items have no vector in the space of a collection that holds them"

/* ---- finder ---- */
#define MSG_FINDER_NO_HOME "cannot tell where to keep the index: neither --home nor HOME is set; give --home FOLDER"
#define MSG_FINDER_HOME_NOT_FOLDER "the home %s is not a folder; choose another with --home"
#define MSG_FINDER_HOME_WRITE "cannot write the home %s; free space or rights there, or choose another with --home"
#define MSG_FINDER_BUSY "busy: pid %lld is writing the home %s; wait until it has finished"
#define MSG_FINDER_COLLECTION_NAME "'%s' is no name for a collection; use 1-64 bytes without '/'"
#define MSG_FINDER_COLLECTION_UNKNOWN "no collection named '%s'; `imagefinder collection list` shows those there are"
#define MSG_FINDER_MODEL_UNKNOWN "no model named '%s' here; a folder needs a slash in its name (./FOLDER)"
#define MSG_FINDER_MODEL_FOLDER "cannot open the model folder %s; check the path"
#define MSG_FINDER_MODEL_OTHER \
    "collection '%s' was indexed with the model %s, not with %s; leave out --model, or use another collection"
#define MSG_FINDER_NO_WORDS "'%s' has no Russian or English word; the model reads these two languages"
#define MSG_FINDER_EMPTY_QUERY "the query is empty; give some words, or @FILE"
#define MSG_FINDER_ONE_QUERY "a query is either words or one picture; give one of the two"
#define MSG_FINDER_K "%d results cannot be given; -k takes 1 to 1000"
#define MSG_FINDER_MIN_SCORE "the lowest score must be a number"
#define MSG_FINDER_VIEWS "the decoder gave fewer views than the model needs; please report this"
#define MSG_FINDER_PICTURE_OPEN "cannot open the picture %s"
#define MSG_FINDER_PICTURE "%s: %s"
#define MSG_FINDER_ITEM_UNKNOWN "no picture file and no item named '%s'; an item is the 32 digits that a search shows"
#define MSG_FINDER_ITEM_SPACE "item %s was not indexed with the model %s; index it with this model first"
#define MSG_FINDER_NO_PATHS "nothing to index; name at least one folder or picture"
#define MSG_FINDER_PATH "cannot read %s; check the path (what was indexed from there before is kept)"
#define MSG_FINDER_CANCEL "stopped after %llu of %llu files; nothing is lost, run the same command again to go on"
#define MSG_FINDER_ONE_INPUT "each input is either a text or a picture"
#define MSG_FINDER_NOTHING_TO_EDIT "nothing to change; give --title, --description or --query"
#define NOTE_FINDER_OFFLINE "%s: %llu pictures indexed before are not there now; they are kept (--forget removes them)"
#define NOTE_FINDER_EMPTY "%s: no pictures found (looked for %s)"
#define NOTE_FINDER_FOLDER "%s: cannot be read (%s); what was indexed from there before is kept"
#define WARN_FINDER_LEFT_OUT "collection '%s' was left out: it was indexed with the model %s"
#define REASON_FINDER_OPEN "cannot be opened (%s)"
#define REASON_FINDER_READ "cannot be read (%s)"
#define REASON_FINDER_CHANGED "changed while it was read; it is tried again at the next run"
#define REASON_FINDER_EMBED "the model could not embed it"

#endif
