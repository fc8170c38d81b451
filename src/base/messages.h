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
#define MSG_PICTURE_UNSUPPORTED "not a picture of a supported format (JPEG, PNG, WebP, GIF, TIFF, HEIC, AVIF, JPEG XL)"
#define MSG_PICTURE_NO_LOADER \
    "HEIC, AVIF or JPEG XL, which cannot be opened here; install libvips' modules for them (JPEG XL also needs the " \
    "sandbox: see imagefinder doctor)"
#define MSG_PICTURE_DAMAGED "the picture is damaged or cut short"
#define MSG_PICTURE_TOO_LARGE "the picture is larger than %.4g megapixels"
#define MSG_PICTURE_MEMORY "the picture needs too much memory (more than %.4g MB)"
#define MSG_PICTURE_TIMEOUT "the picture took longer than %.4g s"
#define MSG_PICTURE_CRASH "the picture crashed the decoder (%s)"
#define MSG_PICTURE_STRIKES "%s (tried %d times)"
#define WHAT_POOL_ENDS "it ends at once"
#define WHAT_POOL_SIGNAL "%s, signal %d"
#define WHAT_POOL_EXIT "exit status %d"
#define WHAT_POOL_UNKNOWN "unknown cause"
#define MSG_PICTURE_NONSENSE "the decoder gave a wrong answer about the picture"

/* ---- text ---- */
#define MSG_TEXT_LONG "the query is longer than %d bytes; make it shorter"
#define MSG_TEXT_CONFIG "the tokenizer's numbers are out of range; this is a fault of Image Finder, please report it"
#define MSG_TEXT_NOT_UTF8 "the text is not valid UTF-8; check the terminal's encoding"
#define MSG_TOKENIZER_READ "cannot read the tokenizer's file %s"
#define MSG_TOKENIZER_LARGE "%s: larger than %d MB, as no tokenizer is; get the file again"
#define MSG_TOKENIZER_MANY "%s: more than %d pieces, as no model has; get the file again"
#define MSG_TOKENIZER_GZIP "%s: damaged or cut short (it cannot be unpacked); get the file again"
#define MSG_TOKENIZER_EMPTY "%s: the file is empty; get the file again"
#define MSG_TOKENIZER_NOT_JSON "%s, line %d: not a tokenizer's file: %s; get the file again"
#define MSG_TOKENIZER_ID "%s: the id of '%.*s' is not a whole number below %zu of its own; get the file again"
#define MSG_TOKENIZER_NO_PIECE "%s: the piece %s is missing; the file is of another kind of tokenizer, or damaged"
#define MSG_TOKENIZER_FIELD "%s: %s is not %s; such a tokenizer is not supported"
#define MSG_TOKENIZER_MERGE_LINE "%s, line %zu: '%.*s' is not two pieces with a blank between; get the file again"
#define MSG_TOKENIZER_MERGE_JSON "%s, merge %zu: not two pieces with a blank between; get the file again"
#define MSG_TOKENIZER_MERGE_UNKNOWN \
    "%s, merge %zu: the piece '%.*s' is not in the vocabulary; get the tokenizer's files of one model"
#define MSG_TOKENIZER_MERGE_TWICE "%s: merges %zu and %zu are of the same two pieces; get the file again"
#define MSG_TOKENIZER_PIECE_TWICE "%s, line %zu: the piece '%.*s' was made before; get the file again"
#define MSG_YTTM_SHORT "%s: cut short at line %zu; get the file again"
#define MSG_YTTM_NUMBER "%s, line %zu: '%.*s' is not a whole number from %lld to %lld; get the file again"
#define MSG_YTTM_TWICE "%s, line %zu: the id %d was given before; get the file again"
#define MSG_YTTM_POINT_TWICE "%s: the character U+%04X has two ids; get the file again"
#define MSG_YTTM_NO_SPACE "%s: the word mark U+2581 is missing: not a model of YouTokenToMe; get the file again"
#define MSG_YTTM_PART "%s, line %zu: no character and no earlier rule has the id %d; get the file again"
#define MSG_YTTM_TAIL "%s, line %zu: something follows the last number; get the file again"
#define MSG_YTTM_COUNT "%s: the largest id is %d, but there are %d pieces; get the file again"

/* ---- nn ---- */
#define MSG_WEIGHTS_READ "cannot read the weights %s"
#define MSG_WEIGHTS_SHORT "%s: %zu bytes are too few for a safetensors file; get the file again"
#define MSG_WEIGHTS_HEADER \
    "%s: the header claims %llu bytes of a file of %zu (and at most 100 MB): damaged, or no safetensors file; get it " \
    "again"
#define MSG_WEIGHTS_NOT_JSON "%s: the header is not a safetensors header: %s (byte %d); get the file again"
#define MSG_WEIGHTS_TOO_MANY "%s: it describes more than any model has; get the file again"
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
#define MSG_WEIGHTS_NOT_FINITE "%s: tensor %s holds a number that is not finite; get the model again"
#define MSG_WEIGHTS_TWICE "%s: two tensors have the name %.*s; get the file again"
#define MSG_WEIGHTS_INDEX "%s: not an index of weights: %s; get the file again"
#define MSG_WEIGHTS_INDEX_SHARD "%s: the shard name '%.*s' is not the plain name of a file in the same folder"
#define MSG_WEIGHTS_INDEX_MISSING "%s: tensor %.*s is not in %.*s, where the index puts it; get the files again"
#define MSG_WEIGHTS_INDEX_EXTRA "%s: tensor %.*s lies in %.*s, but the index does not put it there; get the files again"
#define MSG_WEIGHTS_TWO_SETS "%s has two sets of weights, %s and %s; name one of the files, or move one away"
#define MSG_WEIGHTS_NO_SET \
    "%s has no weights: looked for model.safetensors, pytorch_model.bin, their .index.json, " \
    "open_clip_model.safetensors, " \
    "open_clip_pytorch_model.bin and one *.pt, *.pkl or *.pth; download them into the folder"
#define MSG_ZIP_END \
    "%s: no end of a ZIP archive in its last 22 bytes: the file is cut or something was added to it; get it again"
#define MSG_ZIP_DIRECTORY "%s: the archive's directory contradicts itself (%s: %llu, expected %llu); get the file again"
#define MSG_ZIP_TOO_MANY "%s: the archive has %llu entries, more than any model has; get the file again"
#define MSG_ZIP_ENTRY "%s: the archive's entry %.*s: %s is %llu, expected %llu; get the file again"
#define MSG_ZIP_ENTRY_NAME "%s: the archive's entry %.*s has another name in the directory; get the file again"
#define MSG_ZIP_COVER \
    "%s: the archive's entry %.*s begins at byte %llu, expected %llu (a hole or an overlap); get the file again"
#define MSG_ZIP_TWICE "%s: the archive has two entries %.*s; get the file again"
#define MSG_ZIP_PACKED \
    "%s: the archive's entry %.*s is compressed or encrypted (method %u, flags %u), which PyTorch does not do; " \
    "get the original file"
#define MSG_ZIP_CRC "%s: the archive's entry %.*s has the checksum %08x, expected %08x: damaged; get the file again"
#define MSG_TORCH_NO_PICKLE \
    "%s: a ZIP archive, but not one of PyTorch: no data.pkl in it (or several); choose a file of weights"
#define MSG_TORCH_BYTE_ORDER "%s: written on a big-endian machine; save it again on a usual one"
#define MSG_TORCH_NOT_LEGACY \
    "%s: a pickle, but not one that torch.save wrote (%s); choose a file of weights in safetensors or PyTorch's format"
#define MSG_TORCH_LEGACY_CUT \
    "%s: storage %.*s lies at bytes %zu to %zu of %zu: the file is cut or damaged; get it again"
#define MSG_TORCH_LEGACY_COUNT "%s: storage %.*s has %llu numbers, expected %llu; get the file again"
#define MSG_TORCH_LEGACY_STORAGE "%s: storage %.*s %s; get the file again"
#define MSG_TORCH_LEGACY_TAIL "%s: %zu bytes follow the last storage; get the file again"
#define MSG_PICKLE_CUT "%s: its pickle ends at byte %zu in the middle of an instruction; get the file again"
#define MSG_PICKLE_OPCODE \
    "%s: byte %zu of its pickle: instruction 0x%02x is not one that PyTorch writes; get the file again"
#define MSG_PICKLE_BROKEN "%s: byte %zu of its pickle: %s; get the file again"
#define MSG_PICKLE_LARGE "%s: byte %zu of its pickle: it describes more than any model has; get the file again"
#define MSG_PICKLE_TAIL "%s: its pickle has %zu bytes, but ends at %zu; get the file again"
#define MSG_TORCH_NOT_TENSORS "%s: holds %.*s%s%.*s, not a table of tensors; save its state_dict() instead"
#define MSG_TORCH_NO_TENSORS "%s: no tensors in it; choose a file of weights"
#define MSG_TORCH_GLOBAL \
    "%s: tensor %.*s needs %.*s%s%.*s, which is never executed; save the model as safetensors and try again"
#define MSG_TORCH_NAME "%s: tensor %.*s has a name that is not usable text (or too long); get the file again"
#define MSG_TORCH_DEPTH "%s: %.*s nests deeper than any model, or in itself; get the file again"
#define MSG_TORCH_FIELD "%s: tensor %.*s: its %s is not %s; get the file again"
#define MSG_TORCH_STORAGE_TYPE \
    "%s: tensor %.*s has the storage type %.*s, which is not supported; use a model in F32, F16 or BF16"
#define MSG_TORCH_STORAGE_MISSING "%s: tensor %.*s: its storage %.*s is not in the file; get the file again"
#define MSG_TORCH_STORAGE_SIZE "%s: tensor %.*s: its storage %.*s has %zu bytes, expected %zu; get the file again"
#define MSG_TORCH_OUTSIDE "%s: tensor %.*s reaches number %zu of its storage, which has %zu; get the file again"
#define MSG_TORCH_COPIES \
    "%s: tensor %.*s: the views to be copied need %zu bytes, more than %zu; save the model as safetensors and try again"
#define WHAT_PICKLE_STACK "an instruction finds too few values"
#define WHAT_PICKLE_MARK "an instruction finds no mark"
#define WHAT_PICKLE_MEMO "it recalls a value that it did not keep"
#define WHAT_PICKLE_PAIR "a dict has a key without a value"
#define WHAT_PICKLE_CONTAINER "something is added to what is no container for it"
#define WHAT_PICKLE_GLOBAL "the name of a global is not a text"
#define WHAT_PICKLE_ORDERED "an OrderedDict is not made of pairs"
#define WHAT_PICKLE_ARGUMENTS "the arguments are not a tuple"
#define WHAT_PICKLE_NESTING "it nests deeper than any model"
#define WHAT_PICKLE_PROTOCOL "its protocol is not 2 to 5"
#define WHAT_PICKLE_END "it ends with more or less than one value"
#define WHAT_TORCH_DATA "plain data"
#define WHAT_TORCH_STORAGE "one of torch's storages"
#define WHAT_TORCH_STORAGE_CLASS "of a type that is supported"
#define WHAT_TORCH_STORAGE_COUNT "of a size that fits a file"
#define WHAT_TORCH_STORAGE_VIEW "whole (a view of another one is not supported)"
#define WHAT_TORCH_SHAPE "at most 8 integers >= 0 that fit a file"
#define WHAT_TORCH_STRIDES "an integer >= 0 for each dimension that fits a file"
#define WHAT_TORCH_OFFSET "an integer >= 0"
#define WHAT_TORCH_DEFINITION "storage, offset, size and stride"
#define WHAT_TORCH_MAGIC "its magic number is another"
#define WHAT_TORCH_VERSION "its version is not 1001"
#define WHAT_TORCH_MACHINE "it does not tell its byte order"
#define WHAT_TORCH_KEYS "its list of storages is no list of texts"
#define WHAT_TORCH_TWICE "stands in the list twice"
#define WHAT_TORCH_UNUSED "belongs to no tensor, so that its size is unknown"
#define WHAT_TORCH_STORAGE_FORM "is of a type or form that is not supported"
#define WHAT_TORCH_TWO_TYPES "is used with two types or sizes"
#define WHAT_INDEX_MAP "there is no weight_map of tensor names to file names"
#define WHAT_INDEX_EMPTY "its weight_map is empty"
#define WHAT_INDEX_LARGE "it describes more than any model has"
#define MSG_CONFIG_READ "cannot read the model file %s"
#define MSG_CONFIG_NOT_JSON "%s is not a model's configuration: %s (line %d); get the model again"
#define MSG_STARTER_TYPE "%s: model_type is %.80s, expected imagefinder-starter; choose another model folder"
#define MSG_STARTER_VERSION \
    "%s: made for another version of Image Finder (%s %d, expected %d); get the model of this version"
#define MSG_CONFIG_NO_KEY "%s: the key %s%s is missing; get the model again"
#define MSG_CONFIG_KEY "%s: %s%s is not %s; get the model again"
#define MSG_CONFIG_INT "%s: %s%s is not an integer from %d to %d; get the model again"
#define MSG_CONFIG_REAL "%s: %s%s is not a number from %g to %g; get the model again"
#define MSG_CONFIG_REALS "%s: %s%s is not a list of %zu numbers from %g to %g; get the model again"
#define MSG_STARTER_DIM \
    "%s: dim is %d, but picture.concept_dim + learned_dim + colour_dim + 1 is %d + %d + %d + 1; get the model again"
#define MSG_STARTER_BIN "%s: tensor %s: number %zu is %u, but there are %d colours; get the model again"
#define MSG_STARTER_WINDOW "%s: tensor %s is 0 everywhere inside, so that no colour counts; get the model again"
#define MSG_STARTER_HUGE \
    "the model's layer %s asks for more memory than any starter needs: config.json is damaged; get the model again"
#define MSG_STARTER_NO_WORDS "the query has no Russian or English word; type one"
#define MSG_STARTER_ROW \
    "word %zu points outside the model's table of %u rows; this is a fault of Image Finder, please report it"
#define MSG_STARTER_BAD_VECTOR \
    "the model gives no usable vector for this %s: its weights are damaged; get the model again"
#define MSG_DNN "the neural network library failed at %s (status %d); this is a fault of Image Finder, please report it"

#define MSG_CLIP_UNKNOWN "%s: %s%s is %.80s, supported is %s; choose another model"
#define MSG_CLIP_CROP \
    "%s: size and crop_size: a crop of %d from a shorter side of %d does not give the %d pixels that the model " \
    "takes; get the model again"
#define MSG_CLIP_RESNET "%s: CLIP with a ResNet picture tower is not supported yet; choose a ViT model"
#define MSG_CLIP_SHAPE "%s: the tensor %s is missing, or not of a shape that a CLIP model has; get the file again"
#define MSG_CLIP_SIDE "%s: input_resolution tells %d pixels, but the other tensors are for %d to %d; get the file again"
#define MSG_CLIP_HEADS "%s: %s%s is %d, which does not divide the tower's width of %d; get the model again"
#define MSG_CLIP_PATCH "%s: %s%s is %d, more than the %d pixels of the picture; get the model again"
#define MSG_CLIP_PLACES \
    "%s: %s%s is %d: a picture of %d pixels has more than %d patches, the most that is supported; choose another model"
#define MSG_CLIP_TYPE \
    "%s: model_type is %.80s, supported are clip, ruCLIP and imagefinder-starter; choose another model"
#define MSG_CLIP_NEITHER "%s: no config.json, and the tensors are not OpenAI's CLIP; give a model's folder as published"
#define MSG_CLIP_TENSOR "%s: tensor %s is %s [%s], expected floats [%s]; the weights do not fit the configuration"
#define MSG_CLIP_BLOCKS "%s: tensor %s is one block too many: the configuration has %d; the weights do not fit it"
#define MSG_CLIP_VECTOR "the model %s gives no usable vector here: its weights are damaged; get the model again"
#define MSG_CLIP_MEMORY \
    "%s: computing with this model takes %zu MB of memory, and the machine has %zu; choose a smaller model"
#define MSG_CLIP_BATCH "a batch of %zu takes %zu MB of memory, and the machine has %zu; ask for fewer at a time"
#define MSG_CLIP_ID "the model's vocabulary has no token %u (it has %d); the tokenizer is not the model's own"
#define MSG_CLIP_LONG "a call of %zu texts or pictures is more than the session was made for"

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
#define MSG_FINDER_MODEL_NEITHER "the model %s is neither a folder nor a file; check the path"
#define MSG_FINDER_MODEL_KIND \
    "%s: %s is not supported yet; supported are CLIP (transformers' folders, OpenAI's archives), ruCLIP and the starter"
#define WHAT_MODEL_TYPE "the model_type %.80s"
#define WHAT_MODEL_TIMM "timm's architecture %.80s"
#define WHAT_MODEL_UNTYPED "config.json without a model_type"
#define MSG_FINDER_NO_TOKENIZER \
    "the model %s cannot read words: its tokenizer is missing; put %s into the folder, as its publisher lays them out"
#define MSG_FINDER_NO_TOKENS "the model %s reads whole words, it has no tokens; name another one with --model"
#define MSG_FINDER_VECTOR "the model %s gives a vector without a direction; get the model again"
#define MSG_FINDER_PRECISION "the precision %.80s is not built yet; use f32 or auto"
#define MSG_TEMPLATES_READ "cannot read the templates %s"
#define MSG_TEMPLATES_LARGE "%s: more than %d templates of %d bytes each; leave some out"
#define MSG_TEMPLATES_TEXT "%s: the templates are not UTF-8 text; write one template a line, with {} for the words"
#define MSG_TEMPLATES_MARK "%s, line %zu: a template has {} once, where the words go; correct the line"
#define MSG_TEMPLATES_EMPTY "%s: there are no templates; write one a line, with {} for the words"
#define MSG_FINDER_MODEL_OTHER \
    "collection '%s' was indexed with the model %s, not with %s; leave out --model, or use another collection"
#define MSG_FINDER_OUTDATED \
    "collection '%s' was indexed with an earlier version of the model %.100s; " \
    "run `imagefinder index PATH -c '%s'` again"
#define MSG_FINDER_NO_WORDS "'%s' has no Russian or English word; the model reads these two languages"
#define MSG_FINDER_EMPTY_QUERY "the query is empty; give some words, or @FILE"
#define MSG_FINDER_ONE_QUERY "a query is words, one picture or one item; give one of them"
#define MSG_FINDER_K "%d results cannot be given; -k takes 1 to 1000"
#define MSG_FINDER_MIN_SCORE "the lowest score must be a number"
#define MSG_FINDER_VIEWS "the decoder gave fewer views than the model needs; please report this"
#define MSG_FINDER_PICTURE_OPEN "cannot open the picture %s"
#define MSG_FINDER_PICTURE "%s: %s"
#define MSG_FINDER_ITEM_UNKNOWN "no picture file and no item named '%s'; an item is the 32 digits that a search shows"
#define MSG_FINDER_ITEM_ID "'%s' is no item; an item is the 32 digits that a search shows"
#define MSG_FINDER_NO_ITEM "no item %s here; search again, the pictures may have changed"
#define MSG_FINDER_ITEM_GONE \
    "no file of item %s is there as it was indexed; run `imagefinder index` on its folder, then search again"
#define MSG_FINDER_NO_THUMBNAIL "no small picture of %s can be made; the file itself may still open"
#define MSG_FINDER_ITEM_SPACE "item %s was not indexed with the model %s; index it with this model first"
#define MSG_FINDER_LIMIT "%s: '%s' is not a whole number from %llu to %llu; correct it, or leave it out"
#define MSG_FINDER_NO_PATHS "nothing to index; name at least one folder or picture"
#define MSG_FINDER_PATH "cannot read %s; check the path (what was indexed from there before is kept)"
#define MSG_FINDER_CANCEL "stopped after %llu of %llu files; nothing is lost, run the same command again to go on"
#define MSG_FINDER_ONE_INPUT "each input is either a text or a picture"
#define MSG_FINDER_NOTHING_TO_EDIT "nothing to change; give --title, --description or --query"
#define FOUND_DOCTOR_DECODER "imagefinder-decode of version %s starts (protocol %d)"
#define FOUND_DOCTOR_NO_DECODER "not known: the decoder does not start"
#define FOUND_DOCTOR_SANDBOX "seccomp: %s, no_new_privs: %s, Landlock: %s"
#define FOUND_DOCTOR_PROCESSOR "processors: %d, best instruction set: %s"
#define FOUND_DOCTOR_MEMORY "%.1f GB available of %.1f GB"
#define FOUND_DOCTOR_MEMORY_UNKNOWN "not known: /proc/meminfo cannot be read"
#define FOUND_DOCTOR_DISK "%.1f GB free for %s"
#define FOUND_DOCTOR_DISK_UNKNOWN "the disk of %s cannot be asked for its free space"
#define FOUND_DOCTOR_HOME "%s"
#define FOUND_DOCTOR_HOME_NEW "%s, which the first `imagefinder index` makes"
#define FOUND_DOCTOR_HOME_BUSY "%s; pid %lld is writing it"
#define FOUND_DOCTOR_HOME_LOCKED "%s cannot be written"
#define FOUND_DOCTOR_MODEL "%s, vectors of %d numbers, in %s"
#define WORD_DOCTOR_YES "yes"
#define WORD_DOCTOR_NO "no"
#define ADVICE_DOCTOR_DECODER "install Image Finder again, with imagefinder-decode beside the program"
#define ADVICE_DOCTOR_FIRST "see to the decoder first"
#define ADVICE_DOCTOR_SANDBOX \
    "use a kernel with CONFIG_SECCOMP_FILTER; in a container, choose a seccomp profile that lets programs " \
    "set filters " \
    "of their own; until then, index only pictures that you trust"
#define ADVICE_DOCTOR_PROCESSOR \
    "this processor lacks SSE4.1: everything works, but indexing is very slow; use another one"
#define ADVICE_DOCTOR_AVX2 "a processor with AVX2 indexes several times faster"
#define ADVICE_DOCTOR_MEMORY "close other programs, or index with --threads 1"
#define ADVICE_DOCTOR_DISK "free some space, or choose a home on another disk with --home"
#define ADVICE_DOCTOR_HOME "give yourself the right to write there, or choose another home with --home"
#define ADVICE_DOCTOR_VERIFY "`imagefinder verify` lists what is damaged; a backup, or a new index, mends it"
#define ADVICE_DOCTOR_MODEL \
    "choose another model with --model, or install Image Finder again: the starter comes with it"
#define NOTE_FINDER_OFFLINE "%s: %llu pictures indexed before are not there now; they are kept (--forget removes them)"
#define NOTE_FINDER_EMPTY "%s: no pictures found (looked for %s)"
#define NOTE_FINDER_FOLDER "%s: cannot be read (%s); what was indexed from there before is kept"
#define NOTE_FINDER_NO_TOKENIZER \
    "%s: no tokenizer, so pictures will be found by pictures only; put %s into the folder to search by words"
#define NOTE_FINDER_NO_SANDBOX \
    "pictures are decoded without a sandbox: this system does not let the decoder lock itself in; " \
    "`imagefinder doctor` says what to do"
#define NOTE_FINDER_CHANGED \
    "the model %s has changed since collection '%s' was indexed: its pictures are embedded again"
#define NOTE_FINDER_WAITING \
    "%s: pictures that wait to be embedded again: %llu; run `imagefinder index` with this path and -c '%s'"
#define NOTE_FINDER_WAITING_MORE \
    "%llu more pictures wait below %llu other paths; `imagefinder collection show` lists them"
#define WARN_FINDER_LAYOUT "'%s' was read as '%s' (typed in the other keyboard layout)"
#define WARN_FINDER_LEFT_OUT "collection '%s' was left out: it was indexed with the model %s"
#define WARN_FINDER_OUTDATED \
    "collection '%s' was left out: it was indexed with an earlier version of the model %s; " \
    "run `imagefinder index PATH -c '%s'` again"
#define WARN_FINDER_WAITING \
    "collection '%s' is searched in part: other pictures of it wait for `imagefinder index PATH -c '%s'`"
#define REASON_FINDER_OPEN "cannot be opened (%s)"
#define REASON_FINDER_READ "cannot be read (%s)"
#define REASON_FINDER_CHANGED "changed while it was read; it is tried again at the next run"
#define REASON_FINDER_EMBED "the model could not embed it"

#endif
