/*
 * What a CLIP model is, from its files: transformers' configuration with the defaults of its classes, ruCLIP's own
 * keys, or nothing but the tensors' shapes (OpenAI's archives). Every number that a configuration and a tensor both
 * tell is compared later, when the tensors' shapes are checked (clip.c).
 *
 * Sources: transformers models/clip/configuration_clip.py and image_processing_clip.py; openai/CLIP clip/model.py
 * (build_model); ai-forever/ru-clip ruclip/model.py and processor.py.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "nn/clip_internal.h"
#include "nn/config.h"

static const double clip_mean[3] = {0.48145466, 0.4578275, 0.40821073};
static const double clip_std[3] = {0.26862954, 0.26130258, 0.27577711};

/* ---- transformers ------------------------------------------------------------------------------------------------ */

static int read_act(const imf_config *r, imf_act *act, imf_err *err)
{
    static const struct {
        const char *name;
        imf_act act;
    } known[] = {{"quick_gelu", IMF_ACT_QUICK_GELU},
                 {"gelu", IMF_ACT_GELU_ERF},
                 {"gelu_new", IMF_ACT_GELU_TANH},
                 {"gelu_pytorch_tanh", IMF_ACT_GELU_TANH}};
    const char *name = "quick_gelu";
    int rc = imf_config_string(r, "hidden_act", &name, err);

    for (size_t i = 0; i < sizeof known / sizeof known[0] && rc == IMF_OK; i++)
        if (strcmp(name, known[i].name) == 0) {
            *act = known[i].act;
            return IMF_OK;
        }
    return rc != IMF_OK ? rc
                        : imf_fail(err, IMF_EINPUT, MSG_CLIP_UNKNOWN, r->file, r->prefix, "hidden_act", name,
                                   "quick_gelu, gelu, gelu_new, gelu_pytorch_tanh");
}

static int read_tower(const imf_config *r, imf_clip_tower *t, imf_err *err)
{
    int rc = IMF_OK;

    IMF_TRY(imf_config_int(r, "hidden_size", 1, IMF_CLIP_MAX_WIDTH, &t->width, err));
    IMF_TRY(imf_config_int(r, "intermediate_size", 1, 4 * IMF_CLIP_MAX_WIDTH, &t->hidden, err));
    IMF_TRY(imf_config_int(r, "num_hidden_layers", 1, IMF_CLIP_MAX_LAYERS, &t->layers, err));
    IMF_TRY(imf_config_int(r, "num_attention_heads", 1, IMF_CLIP_MAX_WIDTH, &t->heads, err));
    IMF_TRY(imf_config_real(r, "layer_norm_eps", 0, 1, &t->eps, err));
    IMF_TRY(read_act(r, &t->act, err));
out:
    return rc;
}

/* The part of the configuration that counts: a folder saved long ago keeps it in NAME_dict, which wins over NAME as a
 * whole: what it does not tell is the class's default. */
static int find_part(const imf_config *top, const char *name, const char *old_name, const char *prefix,
                     imf_config *part, imf_err *err)
{
    const char *const keys[] = {old_name, name};

    *part = (imf_config){top->file, prefix, NULL}; /* neither: the defaults of the class */
    for (size_t i = 0; i < 2; i++) {
        const json_t *value = json_object_get(top->object, keys[i]);
        if (value != NULL && !json_is_null(value) && !json_is_object(value))
            return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, top->file, top->prefix, keys[i], "an object");
        if (part->object == NULL && json_is_object(value))
            part->object = value;
    }
    return IMF_OK;
}

static int check_heads(const imf_clip_tower *t, const char *file, const char *prefix, const char *key, imf_err *err)
{
    if (t->heads < 1 || t->width % t->heads != 0)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_HEADS, file, prefix, key, t->heads, t->width);
    return IMF_OK;
}

/* Pixels beyond the last whole patch are left out, as a convolution does. */
static int check_patch(const imf_clip_config *c, const char *file, const char *prefix, const char *key, imf_err *err)
{
    if (c->patch > c->image_size)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_PATCH, file, prefix, key, c->patch, c->image_size);
    int grid = c->image_size / c->patch;
    if (grid * grid > IMF_CLIP_MAX_PATCHES)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_PLACES, file, prefix, key, c->patch, c->image_size,
                        IMF_CLIP_MAX_PATCHES);
    return IMF_OK;
}

static int read_transformers(imf_clip_config *c, const imf_config *top, imf_err *err)
{
    int rc = IMF_OK, channels = 3, end = 2;
    imf_config part;

    c->dim = 512;
    c->picture = (imf_clip_tower){768, 12, 12, 3072, 1e-5, IMF_ACT_QUICK_GELU};
    c->text = (imf_clip_tower){512, 8, 12, 2048, 1e-5, IMF_ACT_QUICK_GELU};
    c->image_size = 224;
    c->patch = 32;
    c->context = 77;
    c->vocab = 49408;
    c->logit_scale = 2.6592;
    IMF_TRY(imf_config_int(top, "projection_dim", 1, IMF_CLIP_MAX_WIDTH, &c->dim, err));
    IMF_TRY(imf_config_real(top, "logit_scale_init_value", -100, 100, &c->logit_scale, err));

    IMF_TRY(find_part(top, "vision_config", "vision_config_dict", "vision_config.", &part, err));
    IMF_TRY(read_tower(&part, &c->picture, err));
    IMF_TRY(imf_config_int(&part, "image_size", 1, IMF_CLIP_MAX_IMAGE, &c->image_size, err));
    IMF_TRY(imf_config_int(&part, "patch_size", 1, IMF_CLIP_MAX_IMAGE, &c->patch, err));
    IMF_TRY(imf_config_int(&part, "num_channels", 3, 3, &channels, err));
    IMF_TRY(check_heads(&c->picture, part.file, part.prefix, "num_attention_heads", err));
    IMF_TRY(check_patch(c, part.file, part.prefix, "patch_size", err));

    IMF_TRY(find_part(top, "text_config", "text_config_dict", "text_config.", &part, err));
    IMF_TRY(read_tower(&part, &c->text, err));
    IMF_TRY(imf_config_int(&part, "max_position_embeddings", 2, IMF_CLIP_MAX_CONTEXT, &c->context, err));
    IMF_TRY(imf_config_int(&part, "vocab_size", 3, IMF_CLIP_MAX_VOCAB, &c->vocab, err));
    IMF_TRY(imf_config_int(&part, "eos_token_id", 0, IMF_CLIP_MAX_VOCAB, &end, err));
    IMF_TRY(check_heads(&c->text, part.file, part.prefix, "num_attention_heads", err));
    /* 2 stands in the first published files, whose text model looks for the largest id */
    c->end_id = end == 2 ? -1 : end;
out:
    return rc;
}

static int whole_side(const json_t *value)
{
    json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;

    return n >= 1 && n <= IMF_CLIP_MAX_IMAGE ? (int)n : -1;
}

/* The length of the shorter side: n or {"shortest_edge": n}. -1: another form (two sides would not keep the picture's
 * shape, and the class refuses them). */
static int read_shorter_side(const json_t *value)
{
    return whole_side(json_is_object(value) ? json_object_get(value, "shortest_edge") : value);
}

/* The side of the square: n or {"height": n, "width": n}. */
static int read_square(const json_t *value)
{
    int height = whole_side(json_is_object(value) ? json_object_get(value, "height") : value);

    return height == whole_side(json_is_object(value) ? json_object_get(value, "width") : value) ? height : -1;
}

/* What CLIPImageProcessor does to a picture; keys that are missing have the defaults of the class. */
static int read_preprocessor(imf_clip_config *c, const imf_config *r, imf_err *err)
{
    int rc = IMF_OK, crop = 224;
    bool on = true;
    const char *const steps[] = {"do_resize", "do_center_crop", "do_rescale", "do_normalize"};
    const json_t *size = json_object_get(r->object, "size"), *crop_size = json_object_get(r->object, "crop_size");
    char number[16];

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        IMF_TRY(imf_config_bool(r, steps[i], &on, err));
        if (!on)
            return imf_fail(err, IMF_EINPUT, MSG_CLIP_UNKNOWN, r->file, r->prefix, steps[i], "false", "true");
    }
    c->resize = 224;
    if (size != NULL && !json_is_null(size) && (c->resize = read_shorter_side(size)) < 0)
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, r->file, r->prefix, "size", "the length of the shorter side");
    if (crop_size != NULL && !json_is_null(crop_size) && (crop = read_square(crop_size)) < 0)
        return imf_fail(err, IMF_EINPUT, MSG_CONFIG_KEY, r->file, r->prefix, "crop_size",
                        "one length, or two equal ones");
    if (crop != c->image_size || c->resize < crop)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_CROP, r->file, crop, c->resize, c->image_size);
    IMF_TRY(imf_config_int(r, "resample", 0, 5, &c->filter, err));
    if (c->filter != 2 && c->filter != 3) {
        snprintf(number, sizeof number, "%d", c->filter);
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_UNKNOWN, r->file, r->prefix, "resample", number, "2, 3");
    }
    IMF_TRY(imf_config_real(r, "rescale_factor", 1e-6, 1, &c->rescale, err));
    IMF_TRY(imf_config_reals(r, "image_mean", -1000, 1000, c->mean, 3, err));
    IMF_TRY(imf_config_reals(r, "image_std", 1e-6, 1000, c->std, 3, err));
out:
    return rc;
}

/* ---- ruCLIP ------------------------------------------------------------------------------------------------------ */

static int read_ruclip(imf_clip_config *c, const imf_config *r, imf_err *err)
{
    int rc = IMF_OK;

    c->picture = (imf_clip_tower){.eps = 1e-5, .act = IMF_ACT_QUICK_GELU};
    c->text = c->picture;
    c->end_id = 3; /* fixed in the class */
    IMF_TRY(imf_config_need_int(r, "embed_dim", 1, IMF_CLIP_MAX_WIDTH, &c->dim, err));
    IMF_TRY(imf_config_need_int(r, "image_resolution", 1, IMF_CLIP_MAX_IMAGE, &c->image_size, err));
    IMF_TRY(imf_config_need_int(r, "vision_layers", 1, IMF_CLIP_MAX_LAYERS, &c->picture.layers, err));
    IMF_TRY(imf_config_need_int(r, "vision_width", 64, IMF_CLIP_MAX_WIDTH, &c->picture.width, err));
    IMF_TRY(imf_config_need_int(r, "vision_patch_size", 1, IMF_CLIP_MAX_IMAGE, &c->patch, err));
    IMF_TRY(imf_config_need_int(r, "context_length", 2, IMF_CLIP_MAX_CONTEXT, &c->context, err));
    IMF_TRY(imf_config_need_int(r, "vocab_size", 4, IMF_CLIP_MAX_VOCAB, &c->vocab, err));
    IMF_TRY(imf_config_need_int(r, "transformer_width", 1, IMF_CLIP_MAX_WIDTH, &c->text.width, err));
    IMF_TRY(imf_config_need_int(r, "transformer_heads", 1, IMF_CLIP_MAX_WIDTH, &c->text.heads, err));
    IMF_TRY(imf_config_need_int(r, "transformer_layers", 1, IMF_CLIP_MAX_LAYERS, &c->text.layers, err));
    IMF_TRY(imf_config_reals(r, "mean", -1000, 1000, c->mean, 3, err));
    IMF_TRY(imf_config_reals(r, "std", 1e-6, 1000, c->std, 3, err));
    c->picture.heads = c->picture.width / 64;
    IMF_TRY(check_heads(&c->picture, r->file, r->prefix, "vision_width / 64", err));
    IMF_TRY(check_heads(&c->text, r->file, r->prefix, "transformer_heads", err));
    IMF_TRY(check_patch(c, r->file, r->prefix, "vision_patch_size", err));
    c->picture.hidden = 4 * c->picture.width;
    c->text.hidden = 4 * c->text.width;
out:
    return rc;
}

/* ---- OpenAI: the shapes alone ------------------------------------------------------------------------------------ */

/* Length of a dimension of a tensor of `rank` dimensions. */
static int extent(const imf_weights *w, const char *name, int rank, int d, int min, int max, int *out, imf_err *err)
{
    const imf_tensor *t = imf_weights_find(w, name);

    if (t == NULL || t->rank != rank || t->shape[d] < (size_t)min || t->shape[d] > (size_t)max)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_SHAPE, imf_weights_file(w), name);
    *out = (int)t->shape[d];
    return IMF_OK;
}

int imf_clip_block_number(const char *name, const char *format)
{
    size_t n = (size_t)(strstr(format, "%d") - format);
    char *end = NULL;

    if (strncmp(name, format, n) != 0 || name[n] < '0' || name[n] > '9')
        return -1;
    long number = strtol(name + n, &end, 10);
    return *end == '.' ? (int)(number < INT32_MAX ? number : INT32_MAX) : -1;
}

/* One more than the largest number of a block. */
static int count_blocks(const imf_weights *w, const char *format, const char *file, int *out, imf_err *err)
{
    *out = 0;
    for (size_t i = 0; i < imf_weights_count(w); i++) {
        int number = imf_clip_block_number(imf_weights_at(w, i)->name, format);
        if (number >= IMF_CLIP_MAX_LAYERS)
            return imf_fail(err, IMF_EINPUT, MSG_CLIP_BLOCKS, file, imf_weights_at(w, i)->name, IMF_CLIP_MAX_LAYERS);
        if (number >= *out)
            *out = number + 1;
    }
    return IMF_OK;
}

/* The archive's own number for its preprocessing, which may be a little more than the patches cover. */
static int read_input_resolution(imf_clip_config *c, const imf_weights *w, imf_err *err)
{
    const imf_tensor *t = imf_weights_find(w, "input_resolution");
    int64_t n = 0;

    if (t == NULL || t->dtype != IMF_I64 || t->count != 1)
        return IMF_OK;
    memcpy(&n, t->data, sizeof n);
    if (n < c->image_size || n >= c->image_size + c->patch || n > IMF_CLIP_MAX_IMAGE)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_SIDE, imf_weights_file(w), n < 0 || n > INT32_MAX ? -1 : (int)n,
                        c->image_size, c->image_size + c->patch - 1);
    c->image_size = (int)n;
    return IMF_OK;
}

static int read_openai(imf_clip_config *c, const imf_weights *w, imf_err *err)
{
    const char *file = imf_weights_file(w), *places_name = "visual.positional_embedding";
    const imf_clip_names *n = imf_clip_names_of(IMF_CLIP_OPENAI);
    int rc = IMF_OK, places = 0, grid = 0;
    const int most = IMF_CLIP_MAX_WIDTH;

    if (imf_weights_find(w, "visual.layer1.0.conv1.weight") != NULL)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_RESNET, file);
    IMF_TRY(extent(w, n->patch, 4, 3, 1, IMF_CLIP_MAX_IMAGE, &c->patch, err));
    IMF_TRY(extent(w, n->patch, 4, 0, 64, most, &c->picture.width, err));
    IMF_TRY(extent(w, places_name, 2, 0, 2, IMF_CLIP_MAX_PATCHES + 1, &places, err));
    IMF_TRY(extent(w, n->text_projection, 2, 1, 1, most, &c->dim, err));
    IMF_TRY(extent(w, n->text_positions, 2, 0, 2, IMF_CLIP_MAX_CONTEXT, &c->context, err));
    IMF_TRY(extent(w, n->tokens, 2, 0, 3, IMF_CLIP_MAX_VOCAB, &c->vocab, err));
    IMF_TRY(extent(w, "ln_final.weight", 1, 0, 64, most, &c->text.width, err));
    IMF_TRY(extent(w, "visual.transformer.resblocks.0.mlp.c_fc.weight", 2, 0, 1, 4 * most, &c->picture.hidden, err));
    IMF_TRY(extent(w, "transformer.resblocks.0.mlp.c_fc.weight", 2, 0, 1, 4 * most, &c->text.hidden, err));
    IMF_TRY(count_blocks(w, n->picture_blocks, file, &c->picture.layers, err));
    IMF_TRY(count_blocks(w, n->text_blocks, file, &c->text.layers, err));
    grid = (int)lround(sqrt((double)(places - 1)));
    if (grid * grid != places - 1 || grid > IMF_CLIP_MAX_IMAGE / c->patch)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_SHAPE, file, places_name);
    c->image_size = c->patch * grid;
    IMF_TRY(read_input_resolution(c, w, err));
    c->picture.heads = c->picture.width / 64;
    c->text.heads = c->text.width / 64;
    c->picture.eps = c->text.eps = 1e-5;
    c->picture.act = c->text.act = IMF_ACT_QUICK_GELU;
    c->end_id = -1;
    IMF_TRY(check_heads(&c->picture, file, "", "the picture tower's width / 64", err));
    rc = check_heads(&c->text, file, "", "the text tower's width / 64", err);
out:
    return rc;
}

/* ---- Which of them ----------------------------------------------------------------------------------------------- */

static void set_defaults(imf_clip_config *c)
{
    *c = (imf_clip_config){.crop = IMF_CLIP_RESIZE_THEN_CROP, .filter = 3, .rescale = 1.0 / 255};
    memcpy(c->mean, clip_mean, sizeof clip_mean);
    memcpy(c->std, clip_std, sizeof clip_std);
}

/* preprocessor: NULL when there is none; its object is then NULL or an object. */
static int read_family(imf_clip_config *c, const imf_config *top, const imf_config *preprocessor, imf_err *err)
{
    int rc = IMF_OK;
    const char *type = NULL;

    IMF_TRY(imf_config_string(top, "model_type", &type, err));
    if (type == NULL && json_object_get(top->object, "vision_patch_size") != NULL) {
        c->family = IMF_CLIP_RUCLIP;
        c->crop = IMF_CLIP_CROP_THEN_RESIZE;
        c->filter = 2;
        IMF_TRY(read_ruclip(c, top, err));
        c->resize = c->image_size;
    } else if (type != NULL && strcmp(type, "clip") == 0) {
        c->family = IMF_CLIP_TRANSFORMERS;
        c->crop = IMF_CLIP_RESIZE_THEN_CROP_FLOOR;
        IMF_TRY(read_transformers(c, top, err));
        c->resize = c->image_size;
        if (preprocessor != NULL)
            rc = read_preprocessor(c, preprocessor, err);
    } else {
        rc = imf_fail(err, IMF_EINPUT, MSG_CLIP_TYPE, top->file, type != NULL ? type : "none");
    }
out:
    return rc;
}

int imf_clip_parse_config(imf_clip_config *c, const void *config, size_t n, const void *preprocessor,
                          size_t n_preprocessor, imf_err *err)
{
    int rc = IMF_OK;
    json_t *root = NULL, *second = NULL;

    set_defaults(c);
    IMF_TRY(imf_config_parse(config, n, "config.json", &root, err));
    if (preprocessor != NULL)
        IMF_TRY(imf_config_parse(preprocessor, n_preprocessor, "preprocessor_config.json", &second, err));
    const imf_config top = {"config.json", "", root}, r = {"preprocessor_config.json", "", second};
    rc = read_family(c, &top, second != NULL ? &r : NULL, err);
out:
    json_decref(root);
    json_decref(second);
    return rc;
}

/* FOLDER/NAME, of a path that is a folder or a file in one; imf_free'd by the caller. */
static char *beside(const char *path, const char *name)
{
    struct stat st;
    const char *slash = strrchr(path, '/');

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return imf_sprintf("%s/%s", path, name);
    return imf_sprintf("%.*s%s", slash != NULL ? (int)(slash - path) + 1 : 0, path, name);
}

/* The file of a folder's config.json, and what goes with it. */
static int read_files(imf_clip_config *c, const char *path, const char *config_path, imf_err *err)
{
    int rc = IMF_OK;
    json_t *root = NULL, *preprocessor = NULL;
    /* The second one is where transformers 5 puts all that a processor has; the picture's part is an object in it. */
    char *paths[2] = {beside(path, "preprocessor_config.json"), beside(path, "processor_config.json")};
    imf_config second = {0};

    if (paths[0] == NULL || paths[1] == NULL) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
        goto out;
    }
    IMF_TRY(imf_config_load(config_path, &root, err));
    for (size_t i = 0; i < 2 && second.object == NULL; i++) {
        if (access(paths[i], F_OK) != 0)
            continue;
        json_decref(preprocessor);
        IMF_TRY(imf_config_load(paths[i], &preprocessor, err));
        const json_t *part = i == 0 ? preprocessor : json_object_get(preprocessor, "image_processor");
        second = (imf_config){paths[i], i == 0 ? "" : "image_processor.", json_is_object(part) ? part : NULL};
    }
    const imf_config top = {config_path, "", root};
    rc = read_family(c, &top, second.object != NULL ? &second : NULL, err);
out:
    json_decref(root);
    json_decref(preprocessor);
    imf_free(paths[0]);
    imf_free(paths[1]);
    return rc;
}

/* The weights' own number goes before the configuration's. */
static int read_logit_scale(imf_clip_config *c, const imf_weights *w, imf_err *err)
{
    const imf_tensor *t = imf_weights_find(w, "logit_scale");
    float value = 0;

    if (t == NULL)
        return IMF_OK;
    if (t->count != 1 || imf_tensor_to_f32(t, &value) != IMF_OK)
        return imf_fail(err, IMF_EINPUT, MSG_CLIP_SHAPE, imf_weights_file(w), "logit_scale");
    if (!isfinite(value))
        return imf_fail(err, IMF_EINPUT, MSG_WEIGHTS_NOT_FINITE, imf_weights_file(w), "logit_scale");
    c->logit_scale = (double)value;
    return IMF_OK;
}

int imf_clip_read_config(imf_clip_config *c, const char *path, const imf_weights *w, imf_err *err)
{
    int rc = IMF_OK;
    char *config_path = beside(path, "config.json");

    set_defaults(c);
    if (config_path == NULL)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    /* OpenAI's archives carry no configuration; one that happens to lie beside such a file is not theirs. */
    if (imf_weights_format_of(w) != IMF_WEIGHTS_TORCHSCRIPT && access(config_path, F_OK) == 0) {
        IMF_TRY(read_files(c, path, config_path, err));
    } else if (imf_weights_find(w, "visual.conv1.weight") != NULL && imf_weights_find(w, "token_embedding.weight")) {
        c->family = IMF_CLIP_OPENAI;
        IMF_TRY(read_openai(c, w, err));
        c->resize = c->image_size;
    } else {
        rc = imf_fail(err, IMF_EINPUT, MSG_CLIP_NEITHER, path);
        goto out;
    }
    rc = read_logit_scale(c, w, err);
out:
    imf_free(config_path);
    return rc;
}
