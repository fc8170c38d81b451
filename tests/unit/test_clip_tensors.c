/*
 * CLIP folders whose tensors are wrong: missing, of integers, of another shape, one block too many, not finite, of a
 * kind that gives no vector. Each is refused with one line that names the file and the tensor. Also: what is read from
 * shapes alone (OpenAI), what changes the space, and calls that a session refuses.
 */
#include "clip_folder.h"

/* ---- Tensors: a safetensors file with another header ------------------------------------------------------------- */

static void test_tensors(void **state)
{
    static const char *const needed[] = {"vision_model.embeddings.class_embedding",
                                         "vision_model.embeddings.patch_embedding.weight",
                                         "vision_model.embeddings.position_embedding.weight",
                                         "vision_model.pre_layrnorm.weight",
                                         "vision_model.pre_layrnorm.bias",
                                         "vision_model.post_layernorm.bias",
                                         "vision_model.encoder.layers.0.layer_norm1.bias",
                                         "vision_model.encoder.layers.1.self_attn.q_proj.weight",
                                         "vision_model.encoder.layers.1.self_attn.k_proj.bias",
                                         "vision_model.encoder.layers.2.self_attn.v_proj.weight",
                                         "vision_model.encoder.layers.2.self_attn.out_proj.weight",
                                         "vision_model.encoder.layers.2.layer_norm2.weight",
                                         "vision_model.encoder.layers.0.mlp.fc1.bias",
                                         "vision_model.encoder.layers.0.mlp.fc2.weight",
                                         "visual_projection.weight",
                                         "text_projection.weight",
                                         "text_model.final_layer_norm.weight",
                                         "text_model.embeddings.token_embedding.weight",
                                         "text_model.embeddings.position_embedding.weight",
                                         "text_model.encoder.layers.2.mlp.fc2.bias"};

    (void)state;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        copy_model("f32");
        change_tensor(needed[i], "other", NULL, NULL);
        expect_refused(needed[i], "there is no tensor");
        copy_model("f32");
        change_tensor(needed[i], NULL, "I32", NULL);
        expect_refused(needed[i], "I32");
    }
    copy_model("f32");
    change_tensor("visual_projection.weight", NULL, NULL, "[24, 17]"); /* OpenAI's way round */
    expect_refused("visual_projection.weight", "[24, 17]");
    copy_model("f32");
    change_tensor("vision_model.encoder.layers.0.mlp.fc1.weight", NULL, NULL, "[24, 40]");
    expect_refused("vision_model.encoder.layers.0.mlp.fc1.weight", "expected floats [40, 24]");
    copy_model("f32");
    change_tensor("vision_model.embeddings.class_embedding", NULL, NULL, "[1, 24]");
    expect_refused("vision_model.embeddings.class_embedding", "[1, 24]");
    copy_model("f32");
    change_tensor("logit_scale", NULL, "I32", NULL);
    expect_refused("logit_scale", "model.safetensors");
    copy_model("f32");
    change_tensor("logit_scale", "vision_model.encoder.layers.99999999999999999999.x", NULL, NULL);
    expect_refused("layers.99999999999999999999.x", "model.safetensors");
}

/* ---- Weights that are no numbers, or give no vector -------------------------------------------------------------- */

/* Opens, makes a session and embeds something; expects the refusal at the session or (compute) at the computing. */
static void expect_unusable(bool text, bool compute, const char *named)
{
    imf_clip *m = NULL;
    imf_clip_session *s = NULL;
    imf_err err = {0};
    float vector[17];
    const uint32_t ids[] = {5, 7, 6};
    const size_t length = 3;
    uint8_t *rgb = calloc(3, 35 * 35);

    assert_non_null(rgb);
    if (imf_clip_open(&m, folder, &err) != IMF_OK)
        fail_msg("%s", err.msg);
    int rc = text ? imf_clip_text_session(&s, m, 1, &err) : imf_clip_picture_session(&s, m, 1, &err);
    assert_int_equal(rc, compute ? IMF_OK : IMF_EINPUT);
    if (compute)
        rc = text ? imf_clip_embed_texts(s, ids, &length, 1, 7, vector, NULL, NULL, &err)
                  : imf_clip_embed_pictures(s, rgb, 1, vector, NULL, NULL, &err);
    assert_int_equal(rc, IMF_EINPUT);
    if (strstr(err.msg, named) == NULL || strstr(err.msg, folder) == NULL)
        fail_msg("%s or the folder is not in: %s", named, err.msg);
    refusals++;
    imf_clip_session_free(&s);
    imf_clip_session_free(&s);
    imf_clip_close(&m);
    free(rgb);
}

static void test_unusable_weights(void **state)
{
    (void)state;
    copy_model("f32");
    fill_tensor("vision_model.encoder.layers.1.mlp.fc2.weight", NAN, 7, 1);
    expect_unusable(false, false, "vision_model.encoder.layers.1.mlp.fc2.weight");
    copy_model("f32");
    fill_tensor("text_model.encoder.layers.2.self_attn.v_proj.bias", -INFINITY, 2, 1);
    expect_unusable(true, false, "text_model.encoder.layers.2.self_attn.v_proj.bias");
    copy_model("f32");
    fill_tensor("vision_model.embeddings.class_embedding", INFINITY, 0, 1);
    expect_unusable(false, false, "vision_model.embeddings.class_embedding");
    copy_model("f32");
    fill_tensor("text_model.embeddings.token_embedding.weight", NAN, 0, SIZE_MAX); /* read a row at a time */
    expect_unusable(true, true, "no usable vector");
    copy_model("f32");
    fill_tensor("visual_projection.weight", 0, 0, SIZE_MAX);
    expect_unusable(false, true, "no usable vector");
    copy_model("f32");
    fill_tensor("text_projection.weight", 3e38f, 0, SIZE_MAX);
    expect_unusable(true, true, "no usable vector");
    copy_model("f32");
    fill_tensor("logit_scale", NAN, 0, 1);
    expect_refused("logit_scale", "not finite");
}

static void test_calls(void **state)
{
    imf_clip *m = NULL;
    imf_clip_session *s = NULL;
    imf_err err = {0};
    float vector[17];
    uint32_t ids[] = {5, 100000, 7};
    const size_t length = 3, none = 0;

    (void)state;
    copy_model("f32");
    assert_int_equal(imf_clip_open(&m, folder, &err), IMF_OK);
    assert_null(imf_clip_impl(m, true, "qkv")); /* not unpacked yet */
    assert_int_equal(imf_clip_picture_session(&s, m, 0, &err), IMF_EINPUT);
    assert_int_equal(imf_clip_picture_session(&s, m, (size_t)1 << 40, &err), IMF_EINPUT);
    assert_non_null(strstr(err.msg, "machine"));
    assert_int_equal(imf_clip_text_session(&s, m, SIZE_MAX, &err), IMF_EINPUT);
    assert_null(s);
    assert_true(imf_clip_memory(m, true, 1) < imf_clip_memory(m, true, 2));
    assert_true(imf_clip_memory(m, false, 1) < 1 << 20);
    assert_true(imf_clip_memory(m, false, SIZE_MAX) == SIZE_MAX);
    err = (imf_err){0};
    assert_int_equal(imf_clip_text_session(&s, m, 2, &err), IMF_OK);
    assert_int_equal(imf_clip_embed_texts(s, ids, &length, 1, 7, vector, NULL, NULL, &err), IMF_EINPUT);
    assert_non_null(strstr(err.msg, "100000"));
    assert_int_equal(imf_clip_embed_texts(s, ids, &none, 1, 7, vector, NULL, NULL, &err), IMF_EINTERNAL);
    assert_int_equal(imf_clip_embed_texts(s, ids, &length, 0, 7, vector, NULL, NULL, &err), IMF_EINTERNAL);
    ids[1] = 6;
    assert_int_equal(imf_clip_embed_texts(s, ids, &length, 1, 7, vector, NULL, NULL, &err), IMF_OK);
    uint8_t pixel = 0;
    assert_int_equal(imf_clip_embed_pictures(s, &pixel, 1, vector, NULL, NULL, &err), IMF_EINTERNAL);
    imf_clip_session_free(&s);
    imf_clip_close(&m);
}

/* What enters a picture's arithmetic changes the space; the text tower does not. */
static void test_space(void **state)
{
    static const struct {
        const char *file, *key, *value;
        bool same;
    } changes[] = {{"config.json", "vision_config.layer_norm_eps", "1e-6", false},
                   {"config.json", "vision_config.hidden_act", "\"gelu\"", false},
                   {"config.json", "vision_config.num_attention_heads", "2", false},
                   {"config.json", "text_config.layer_norm_eps", "1e-6", true},
                   {"preprocessor_config.json", "resample", "2", false},
                   {"preprocessor_config.json", "size", "36", false},
                   {"preprocessor_config.json", "image_mean", "[0.5, 0.5, 0.5]", false},
                   {"preprocessor_config.json", "rescale_factor", "0.0039", false}};
    char space[33], other[33];
    imf_clip *m = NULL;
    imf_err err = {0};

    (void)state;
    for (int i = -4; i < (int)(sizeof changes / sizeof changes[0]); i++) {
        copy_model("f32");
        if (i == -3)
            fill_tensor("text_model.final_layer_norm.weight", 0.5f, 0, 1);
        else if (i == -1)
            fill_tensor("vision_model.post_layernorm.bias", 0.5f, 0, 1);
        else if (i >= 0)
            set_key(changes[i].file, changes[i].key, changes[i].value);
        if (imf_clip_open(&m, folder, &err) != IMF_OK)
            fail_msg("%s", err.msg);
        imf_clip_space(m, i == -2 ? 2 : 1, i == -4 ? space : other);
        imf_clip_close(&m);
        bool same = i == -3 || (i >= 0 && changes[i].same);
        if (i > -4 && (strcmp(space, other) == 0) != same)
            fail_msg("change %d: %s and %s", i, space, other);
    }
    assert_int_equal(strlen(space), 32);
}

/* ---- OpenAI: shapes alone. Files of zeros ------------------------------------------------------------------------ */

typedef struct shape {
    const char *name;
    const char *dims;
} shape;

static void add_tensor(json_t *header, size_t *at, const char *name, const char *dims, const char *dtype)
{
    json_t *list = json_loads(dims, 0, NULL), *offsets = json_array(), *tensor = json_object(), *dim = NULL;
    size_t count = dtype[1] == '6' ? 8 : 4, i = 0;

    json_array_foreach(list, i, dim) count *= (size_t)json_integer_value(dim);
    json_array_append_new(offsets, json_integer((json_int_t)*at));
    *at += count;
    json_array_append_new(offsets, json_integer((json_int_t)*at));
    json_object_set_new(tensor, "dtype", json_string(dtype));
    json_object_set_new(tensor, "shape", list);
    json_object_set_new(tensor, "data_offsets", offsets);
    json_object_set_new(header, name, tensor);
}

static void add_tower(json_t *header, size_t *at, const char *prefix, int width, int number)
{
    char name[100], dims[60];
    const struct {
        const char *name;
        int rows, columns;
    } parts[] = {{"ln_1.weight", width, 0},
                 {"ln_1.bias", width, 0},
                 {"attn.in_proj_weight", 3 * width, width},
                 {"attn.in_proj_bias", 3 * width, 0},
                 {"attn.out_proj.weight", width, width},
                 {"attn.out_proj.bias", width, 0},
                 {"ln_2.weight", width, 0},
                 {"ln_2.bias", width, 0},
                 {"mlp.c_fc.weight", 48, width},
                 {"mlp.c_fc.bias", 48, 0},
                 {"mlp.c_proj.weight", width, 48},
                 {"mlp.c_proj.bias", width, 0}};

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(name, sizeof name, "%s%d.%s", prefix, number, parts[i].name);
        snprintf(dims, sizeof dims, parts[i].columns > 0 ? "[%d, %d]" : "[%d]", parts[i].rows, parts[i].columns);
        add_tensor(header, at, name, dims, "F32");
    }
}

/* An archive's tensors, widths 192 and 128; those of `changed` with another shape, or left out ("") or added. */
static void write_openai(const shape *changed, size_t n, int64_t resolution, int last_block)
{
    static const shape all[] = {{"visual.conv1.weight", "[192, 3, 4, 4]"},
                                {"visual.class_embedding", "[192]"},
                                {"visual.positional_embedding", "[10, 192]"},
                                {"visual.ln_pre.weight", "[192]"},
                                {"visual.ln_pre.bias", "[192]"},
                                {"visual.ln_post.weight", "[192]"},
                                {"visual.ln_post.bias", "[192]"},
                                {"visual.proj", "[192, 5]"},
                                {"token_embedding.weight", "[20, 128]"},
                                {"positional_embedding", "[6, 128]"},
                                {"ln_final.weight", "[128]"},
                                {"ln_final.bias", "[128]"},
                                {"text_projection", "[128, 5]"}};
    json_t *header = json_object();
    size_t at = 0, used = 0;

    empty_folder();
    if (resolution >= 0)
        add_tensor(header, &at, "input_resolution", "[]", "I64");
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const char *dims = all[i].dims;
        for (size_t k = 0; k < n; k++)
            if (strcmp(changed[k].name, all[i].name) == 0) {
                dims = changed[k].dims;
                used++;
            }
        if (dims[0] != '\0')
            add_tensor(header, &at, all[i].name, dims, "F32");
    }
    if (n > used)
        add_tensor(header, &at, changed[n - 1].name, changed[n - 1].dims, "F32");
    add_tower(header, &at, "visual.transformer.resblocks.", 192, 0);
    add_tower(header, &at, "transformer.resblocks.", 128, 0);
    add_tower(header, &at, "transformer.resblocks.", 128, last_block);
    char *text = json_dumps(header, JSON_COMPACT);
    uint64_t length = strlen(text);
    FILE *f = fopen(in_folder("model.safetensors"), "wb");
    assert_non_null(f);
    fwrite(&length, 8, 1, f);
    fwrite(text, 1, length, f);
    fwrite(&resolution, resolution >= 0 ? 8 : 0, 1, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(truncate(in_folder("model.safetensors"), (off_t)(8 + length + at)), 0);
    free(text);
    json_decref(header);
}

static void test_shapes(void **state)
{
    static const struct {
        shape change;
        const char *named;
    } table[] = {{{"visual.conv1.weight", "[192, 3, 4]"}, "visual.conv1.weight"},
                 {{"visual.conv1.weight", "[192, 1, 4, 4]"}, "visual.conv1.weight"},
                 {{"visual.conv1.weight", "[192, 3, 5, 4]"}, "visual.conv1.weight"},
                 {{"visual.conv1.weight", "[63, 3, 4, 4]"}, "visual.conv1.weight"},
                 {{"visual.conv1.weight", "[256, 3, 4, 4]"}, "visual.class_embedding"},
                 {{"visual.conv1.weight", ""}, "no config.json"},
                 {{"visual.positional_embedding", "[11, 192]"}, "visual.positional_embedding"},
                 {{"visual.positional_embedding", "[1, 192]"}, "visual.positional_embedding"},
                 {{"visual.positional_embedding", ""}, "visual.positional_embedding"},
                 {{"visual.proj", ""}, "visual.proj"},
                 {{"visual.proj", "[5, 192]"}, "visual.proj"},
                 {{"text_projection", "[128, 6]"}, "visual.proj"},
                 {{"text_projection", "[128]"}, "text_projection"},
                 {{"token_embedding.weight", "[20, 64]"}, "token_embedding.weight"},
                 {{"token_embedding.weight", "[2, 128]"}, "token_embedding.weight"},
                 {{"positional_embedding", "[1, 128]"}, "positional_embedding"},
                 {{"ln_final.weight", "[64]"}, "token_embedding.weight"},
                 {{"ln_final.weight", "[0]"}, "ln_final.weight"},
                 {{"visual.layer1.0.conv1.weight", "[64, 64, 1, 1]"}, "ResNet"}};
    imf_clip *m = NULL;
    imf_err err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        write_openai(&table[i].change, 1, -1, 1);
        expect_refused(table[i].named, "");
    }
    write_openai(NULL, 0, 11, 1); /* three patches of 4 take 12 */
    expect_refused("input_resolution", "model.safetensors");
    write_openai(NULL, 0, 16, 1);
    expect_refused("input_resolution", "model.safetensors");
    write_openai(NULL, 0, INT64_MAX, 1);
    expect_refused("input_resolution", "model.safetensors");
    write_openai(NULL, 0, -1, 2); /* blocks 0 and 2 */
    expect_refused("transformer.resblocks.1.ln_1.weight", "model.safetensors");
    write_openai(NULL, 0, -1, 256);
    expect_refused("transformer.resblocks.256.", "model.safetensors");
    write_openai(NULL, 0, 14, 1);
    if (imf_clip_open(&m, in_folder("model.safetensors"), &err) != IMF_OK) /* the file by itself, too */
        fail_msg("%s", err.msg);
    const imf_clip_config *c = imf_clip_get_config(m);
    assert_int_equal(c->family, IMF_CLIP_OPENAI);
    assert_int_equal(c->image_size, 14);
    assert_int_equal(c->patch, 4);
    assert_int_equal(c->picture.heads, 3);
    assert_int_equal(c->text.heads, 2);
    assert_int_equal(c->text.layers, 2);
    assert_int_equal(c->dim, 5);
    assert_int_equal(c->context, 6);
    assert_int_equal(c->end_id, -1);
    imf_clip_close(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tensors), cmocka_unit_test(test_unusable_weights), cmocka_unit_test(test_calls),
        cmocka_unit_test(test_space),   cmocka_unit_test(test_shapes),
    };

    imf_dnn_use_threads(1);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
