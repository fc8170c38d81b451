/*
 * CLIP's families as a kind of model (model.h): transformers' folders, OpenAI's archives, ruCLIP. The tokenizer lies
 * beside the weights; without it pictures are indexed and found by pictures all the same. The text tower is unpacked
 * with the first text, the picture tower with the first picture.
 */
#include <string.h>
#include <unistd.h>

#include "finder/model.h"
#include "nn/clip.h"

enum {
    PREPROCESSING = 1, /* version of our own views: a change of what they show makes another space */
    RUCLIP_START = 2,  /* constants of ruCLIP's processor, whatever its tokenizer's file says */
    RUCLIP_END = 3
};

typedef struct clip {
    imf_clip *clip;
    const imf_clip_config *config;
    char *folder;             /* where the tokenizer lies */
    imf_tokenizer *tokenizer; /* NULL until the first text */
    imf_clip_session *texts;  /* then too */
} clip;

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static const char *const english[] = {"en"}, *const russian[] = {"ru"};

/* ruclip/predictor.py, get_text_latents */
static const char *const ruclip_templates[] = {"{}",        "фото, на котором изображено {}", "изображение с {}",
                                               "картинка с {}", "фото с {}", "на фото видно {}"};

static void describe(imf_model *m, const imf_clip_config *c)
{
    static const char *const families[] = {
        [IMF_CLIP_TRANSFORMERS] = "clip", [IMF_CLIP_OPENAI] = "openai-clip", [IMF_CLIP_RUCLIP] = "ruclip"};
    static const uint32_t kinds[] = {[IMF_CLIP_RESIZE_THEN_CROP] = IMF_VIEW_SHORTER,
                                     [IMF_CLIP_RESIZE_THEN_CROP_FLOOR] = IMF_VIEW_SHORTER_FLOOR,
                                     [IMF_CLIP_CROP_THEN_RESIZE] = IMF_VIEW_CENTRE};
    bool is_ruclip = c->family == IMF_CLIP_RUCLIP;
    uint32_t side = (uint32_t)c->image_size;

    m->family = families[c->family];
    m->languages = is_ruclip ? russian : english;
    m->n_languages = 1;
    m->templates = is_ruclip ? ruclip_templates : NULL;
    m->n_templates = is_ruclip ? sizeof ruclip_templates / sizeof ruclip_templates[0] : 0;
    m->dim = c->dim;
    m->image_size = c->image_size;
    m->has_reference = true;
    m->views[m->n_views++] =
        (imf_view_recipe){kinds[c->crop], (uint32_t)c->filter, IMF_WHEN_ALWAYS, side, side,
                          c->crop == IMF_CLIP_CROP_THEN_RESIZE ? 0 : (uint32_t)c->resize};
}

static int clip_open(imf_model *m, unsigned flags, imf_err *err)
{
    int rc = IMF_OK;
    struct stat st;
    clip *c = imf_alloc_array(1, sizeof *c);

    m->self = c;
    if (!c)
        return imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    IMF_TRY(imf_clip_open_flags(&c->clip, m->path, flags, err));
    c->config = imf_clip_get_config(c->clip);
    bool is_folder = stat(m->path, &st) == 0 && S_ISDIR(st.st_mode);
    c->folder = is_folder ? imf_strdup(m->path) : imf_strndup(m->path, (size_t)(strrchr(m->path, '/') - m->path));
    if (!c->folder)
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    else
        describe(m, c->config);
out:
    return rc;
}

static void clip_close(imf_model *m)
{
    clip *c = m->self;

    if (!c)
        return;
    imf_clip_session_free(&c->texts);
    imf_tokenizer_close(&c->tokenizer);
    imf_clip_close(&c->clip);
    imf_free(c->folder);
    imf_free(c);
    m->self = NULL;
}

static void clip_space(const imf_model *m, char out[33])
{
    const clip *c = m->self;

    imf_clip_space(c->clip, PREPROCESSING, out);
}

static int clip_count(const imf_model *m, uint64_t *parameters, uint64_t *tensors, const char **file, imf_err *err)
{
    const clip *c = m->self;

    (void)err;
    *parameters = imf_clip_parameters(c->clip);
    *tensors = imf_clip_tensors(c->clip);
    *file = imf_clip_file(c->clip);
    return IMF_OK;
}

/* ---- The tokenizer ----------------------------------------------------------------------------------------------- */

/* What a text needs of files: one of these sets, the first that is there. */
static const char *wanted(const clip *c)
{
    return c->config->family == IMF_CLIP_RUCLIP
               ? "bpe.model"
               : "vocab.json + merges.txt / tokenizer.json / bpe_simple_vocab_16e6.txt.gz";
}

/* The path of a file of the folder when it is there, imf_free'd by the caller; *failed when out of memory. */
static char *find(const clip *c, const char *name, bool *failed)
{
    char *path = imf_sprintf("%s/%s", c->folder, name);

    *failed = *failed || !path;
    if (path && access(path, F_OK) != 0) {
        imf_free(path);
        path = NULL;
    }
    return path;
}

/* Opens the tokenizer once; *there: its files exist. */
static int use_tokenizer(clip *c, bool *there, imf_err *err)
{
    int rc = IMF_OK;
    bool failed = false, is_ruclip = c->config->family == IMF_CLIP_RUCLIP;
    imf_cleaning cleaning =
        c->config->family == IMF_CLIP_OPENAI ? IMF_CLEANING_OPENAI : IMF_CLEANING_FAST;
    char *yttm = NULL, *vocab = NULL, *merges = NULL, *json = NULL, *packed = NULL, *plain = NULL;

    *there = true;
    if (c->tokenizer)
        return IMF_OK;
    if (is_ruclip) {
        yttm = find(c, "bpe.model", &failed);
    } else {
        vocab = find(c, "vocab.json", &failed);
        merges = find(c, "merges.txt", &failed);
        json = find(c, "tokenizer.json", &failed);
        packed = find(c, "bpe_simple_vocab_16e6.txt.gz", &failed);
        plain = find(c, "bpe_simple_vocab_16e6.txt", &failed);
    }
    if (failed)
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "opening the model");
    else if (yttm)
        rc = imf_tokenizer_open_yttm(&c->tokenizer, yttm, true, err);
    else if (vocab && merges)
        rc = imf_tokenizer_open_bpe_vocab(&c->tokenizer, vocab, merges, cleaning, err);
    else if (json)
        rc = imf_tokenizer_open_bpe_json(&c->tokenizer, json, cleaning, err);
    else if (packed || plain)
        rc = imf_tokenizer_open_bpe_openai(&c->tokenizer, packed ? packed : plain, err);
    else
        *there = false;
    imf_free(yttm), imf_free(vocab), imf_free(merges), imf_free(json), imf_free(packed), imf_free(plain);
    return rc;
}

static int clip_check_texts(imf_model *m, const char **missing, imf_err *err)
{
    clip *c = m->self;
    bool there = false;
    int rc = use_tokenizer(c, &there, err);

    *missing = there ? NULL : wanted(c);
    return rc;
}

static int need_tokenizer(clip *c, imf_err *err)
{
    bool there = false;
    int rc = use_tokenizer(c, &there, err);

    if (rc == IMF_OK && !there)
        rc = imf_fail(err, IMF_EINPUT, MSG_FINDER_NO_TOKENIZER, c->folder, wanted(c));
    return rc;
}

static int32_t end_mark(const clip *c)
{
    return c->config->family == IMF_CLIP_RUCLIP ? RUCLIP_END : imf_tokenizer_end(c->tokenizer);
}

static bool append(imf_ids *to, int32_t id)
{
    if (to->n == to->cap && !imf_grow((void **)&to->at, to->n, &to->cap, sizeof *to->at))
        return false;
    to->at[to->n++] = id;
    return true;
}

/* Appends a text's ids between their marks to *all, at most the first `most` of them (0: all). */
static int put_text(const clip *c, const char *text, size_t most, imf_ids *all, imf_err *err)
{
    imf_ids ids = {0};
    int32_t start = c->config->family == IMF_CLIP_RUCLIP ? RUCLIP_START : imf_tokenizer_start(c->tokenizer);
    int rc = imf_tokenizer_encode(c->tokenizer, text, &ids, err);
    size_t n = most > 0 && ids.n > most ? most : ids.n;
    bool ok = rc == IMF_OK && append(all, start);

    for (size_t i = 0; i < n && ok; i++)
        ok = append(all, ids.at[i]);
    ok = ok && append(all, end_mark(c));
    imf_ids_clear(&ids);
    return rc != IMF_OK || ok ? rc : imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the query");
}

static int clip_tokenize(imf_model *m, const char *text, imf_ids *ids, imf_err *err)
{
    clip *c = m->self;
    int rc = need_tokenizer(c, err);
    size_t context = (size_t)c->config->context;

    ids->n = 0;
    /* ruCLIP's processor cuts every text to the context; the others cut when they are asked to */
    return rc == IMF_OK ? put_text(c, text, c->config->family == IMF_CLIP_RUCLIP ? context - 2 : 0, ids, err) : rc;
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

static int clip_embed_texts(imf_model *m, const char *const *texts, size_t n, float *vectors, imf_err *err)
{
    int rc = IMF_OK;
    clip *c = m->self;
    imf_ids ids = {0};
    uint32_t *flat = NULL;
    size_t lengths[IMF_MODEL_TEXTS], context = (size_t)c->config->context;

    IMF_TRY(need_tokenizer(c, err));
    for (size_t i = 0; i < n; i++) {
        size_t before = ids.n;
        IMF_TRY(put_text(c, texts[i], context, &ids, err)); /* longer than the context: the tower cuts it */
        lengths[i] = ids.n - before;
    }
    flat = imf_alloc_array(ids.n, sizeof *flat);
    if (!flat) {
        rc = imf_fail(err, IMF_EMEM, MSG_OUT_OF_MEMORY, "reading the query");
        goto out;
    }
    for (size_t i = 0; i < ids.n; i++)
        flat[i] = (uint32_t)ids.at[i];
    if (!c->texts)
        IMF_TRY(imf_clip_text_session(&c->texts, c->clip, IMF_MODEL_TEXTS, err));
    rc = imf_clip_embed_texts(c->texts, flat, lengths, n, (uint32_t)end_mark(c), vectors, NULL, NULL, err);
out:
    imf_free(flat);
    imf_ids_clear(&ids);
    return rc;
}

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

static const char *clip_precision(void)
{
    return "f32";
}

static int clip_tower_new(void **tower, const imf_model *m, bool exact, imf_err *err)
{
    const clip *c = m->self;
    imf_clip_session *s = NULL;
    (void)exact; /* there is nothing else */
    int rc = imf_clip_picture_session(&s, c->clip, 1, err);

    *tower = s;
    return rc;
}

static void clip_tower_free(void **tower)
{
    imf_clip_session *s = *tower;

    imf_clip_session_free(&s);
    *tower = NULL;
}

static int clip_embed_view(void *tower, const uint8_t *rgb, float *vector, imf_err *err)
{
    return imf_clip_embed_pictures(tower, rgb, 1, vector, NULL, NULL, err);
}

const imf_model_kind imf_model_clip = {
    .preprocessing = PREPROCESSING,
    .open = clip_open,
    .close = clip_close,
    .space = clip_space,
    .count = clip_count,
    .check_texts = clip_check_texts,
    .embed_texts = clip_embed_texts,
    .tokenize = clip_tokenize,
    .precision = clip_precision,
    .tower_new = clip_tower_new,
    .tower_free = clip_tower_free,
    .embed_view = clip_embed_view,
};
