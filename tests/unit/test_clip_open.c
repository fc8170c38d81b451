/*
 * Broken CLIP folders: copies of the goldens (tests/golden/clip) with one thing changed, and small archives made here.
 * Each is refused with one line that names the file and the key or the tensor; nothing crashes, nothing is computed on
 * sizes that were not checked. Wrong tensors are in test_clip_tensors.c.
 */
#include "clip_folder.h"

typedef struct change {
    const char *key, *value, *named;
} change;

static void check_changes(const char *model, const char *file, const char *named, const change *changes, size_t n)
{
    copy_model(model);
    expect_open();
    for (size_t i = 0; i < n; i++) {
        copy_model(model);
        set_key(file, changes[i].key, changes[i].value);
        expect_refused(changes[i].named, named);
    }
}

static void test_transformers_keys(void **state)
{
    static const change keys[] = {
        {"model_type", "\"siglip\"", "siglip"},
        {"model_type", NULL, "model_type is none"},
        {"model_type", "7", "model_type"},
        {"projection_dim", "0", "projection_dim"},
        {"projection_dim", "\"17\"", "projection_dim"},
        {"projection_dim", "17.0", "projection_dim"},
        {"projection_dim", "99999999999", "projection_dim"},
        {"logit_scale_init_value", "[]", "logit_scale_init_value"},
        {"vision_config", "[]", "vision_config"},
        {"text_config", "\"\"", "text_config"},
        {"vision_config_dict", "3", "vision_config_dict"},
        {"text_config_dict", "[{}]", "text_config_dict"},
        {"vision_config.hidden_size", "-24", "vision_config.hidden_size"},
        {"vision_config.hidden_size", "16385", "vision_config.hidden_size"},
        {"vision_config.hidden_size", "25", "vision_config.num_attention_heads"},
        {"vision_config.num_attention_heads", "5", "vision_config.num_attention_heads"},
        {"vision_config.num_attention_heads", "0", "vision_config.num_attention_heads"},
        {"vision_config.num_hidden_layers", "0", "vision_config.num_hidden_layers"},
        {"vision_config.num_hidden_layers", "257", "vision_config.num_hidden_layers"},
        {"vision_config.image_size", "0", "vision_config.image_size"},
        {"vision_config.image_size", "1025", "vision_config.image_size"},
        {"vision_config.image_size", "{}", "vision_config.image_size"},
        {"vision_config.patch_size", "36", "vision_config.patch_size"},
        {"vision_config.num_channels", "1", "vision_config.num_channels"},
        {"vision_config.hidden_act", "\"swiglu\"", "vision_config.hidden_act is swiglu"},
        {"vision_config.hidden_act", "1", "vision_config.hidden_act"},
        {"vision_config.layer_norm_eps", "-1", "vision_config.layer_norm_eps"},
        {"vision_config.layer_norm_eps", "\"1e-5\"", "vision_config.layer_norm_eps"},
        {"text_config.vocab_size", "2", "text_config.vocab_size"},
        {"text_config.max_position_embeddings", "1", "text_config.max_position_embeddings"},
        {"text_config.max_position_embeddings", "4097", "text_config.max_position_embeddings"},
        {"text_config.num_attention_heads", "5", "text_config.num_attention_heads"},
        {"text_config.intermediate_size", "0", "text_config.intermediate_size"},
        {"text_config.hidden_act", "\"relu9\"", "text_config.hidden_act is relu9"},
        {"text_config.layer_norm_eps", "2", "text_config.layer_norm_eps"},
        {"text_config.eos_token_id", "-1", "text_config.eos_token_id"},
    };
    static const change contradictions[] = {
        {"projection_dim", "18", "visual_projection.weight"},
        {"vision_config.hidden_size", "27", "vision_model.embeddings.patch_embedding.weight"},
        {"vision_config.hidden_size", "null", "vision_model.embeddings.patch_embedding.weight"},
        {"vision_config.patch_size", "6", "vision_model.embeddings.patch_embedding.weight"},
        {"vision_config.num_hidden_layers", "4", "vision_model.encoder.layers.3.layer_norm1.weight"},
        {"vision_config.num_hidden_layers", "2", "vision_model.encoder.layers.2."},
        {"vision_config.intermediate_size", "41", "vision_model.encoder.layers.0.mlp.fc1.weight"},
        {"text_config.hidden_size", "16", "text_model.embeddings.token_embedding.weight"},
        {"text_config.vocab_size", "100", "text_model.embeddings.token_embedding.weight"},
        {"text_config.max_position_embeddings", "14", "text_model.embeddings.position_embedding.weight"},
        {"text_config.num_hidden_layers", "4", "text_model.encoder.layers.3.layer_norm1.weight"},
        {"text_config.num_hidden_layers", "1", "text_model.encoder.layers."},
        {"text_config.intermediate_size", "23", "text_model.encoder.layers.0.mlp.fc1.weight"},
    };

    (void)state;
    check_changes("f32", "config.json", "config.json", keys, sizeof keys / sizeof keys[0]);
    check_changes("f32", "config.json", "model.safetensors", contradictions,
                  sizeof contradictions / sizeof contradictions[0]);
    copy_model("f32"); /* the size of the crop goes with that of the pictures */
    set_key("config.json", "vision_config.image_size", "42");
    expect_refused("preprocessor_config.json", "the 42 pixels");
    remove(in_folder("preprocessor_config.json"));
    expect_refused("vision_model.embeddings.position_embedding.weight", "model.safetensors");
    copy_model("f32");
    set_key("config.json", "vision_config.image_size", "1024");
    set_key("config.json", "vision_config.patch_size", "1");
    expect_refused("vision_config.patch_size", "config.json");
}

static void test_preprocessor(void **state)
{
    static const change keys[] = {
        {"do_resize", "false", "do_resize is false"},
        {"do_center_crop", "false", "do_center_crop is false"},
        {"do_rescale", "false", "do_rescale is false"},
        {"do_normalize", "false", "do_normalize is false"},
        {"do_resize", "1", "do_resize"},
        {"resample", "1", "resample is 1"},
        {"resample", "6", "resample"},
        {"resample", "\"bicubic\"", "resample"},
        {"size", "{\"height\": 35, \"width\": 35}", "size"},
        {"size", "34", "34"},
        {"size", "0", "size"},
        {"size", "4000", "size"},
        {"size", "[35, 35]", "size"},
        {"crop_size", "36", "36"},
        {"crop_size", "{\"height\": 35, \"width\": 34}", "crop_size"},
        {"crop_size", "{\"height\": 35}", "crop_size"},
        {"crop_size", NULL, "224"}, /* the class's default is not what this model takes */
        {"rescale_factor", "0", "rescale_factor"},
        {"rescale_factor", "true", "rescale_factor"},
        {"image_mean", "[0.5, 0.5]", "image_mean"},
        {"image_mean", "0.5", "image_mean"},
        {"image_std", "[0.2, 0.2, 0]", "image_std"},
        {"image_std", "[0.2, 0.2, \"0.2\"]", "image_std"},
    };
    imf_clip *m = NULL;
    imf_err err = {0};

    (void)state;
    check_changes("f32", "preprocessor_config.json", "preprocessor_config.json", keys, sizeof keys / sizeof keys[0]);
    copy_model("f32");
    set_key("preprocessor_config.json", "size", NULL); /* 224 in the class */
    assert_int_equal(imf_clip_open(&m, folder, &err), IMF_OK);
    assert_int_equal(imf_clip_get_config(m)->resize, 224);
    imf_clip_close(&m);
    /* Where transformers 5 keeps it. */
    json_t *whole = json_object(), *part = json_load_file(in_folder("preprocessor_config.json"), 0, NULL);
    assert_int_equal(json_object_set_new(part, "resample", json_integer(2)), 0);
    assert_int_equal(json_object_set_new(whole, "image_processor", part), 0);
    assert_int_equal(json_dump_file(whole, in_folder("processor_config.json"), 0), 0);
    json_decref(whole);
    remove(in_folder("preprocessor_config.json"));
    assert_int_equal(imf_clip_open(&m, folder, &err), IMF_OK);
    assert_int_equal(imf_clip_get_config(m)->filter, 2);
    imf_clip_close(&m);
    set_key("processor_config.json", "image_processor.resample", "0");
    expect_refused("image_processor.resample", "processor_config.json");
}

static void test_ruclip_keys(void **state)
{
    static const change keys[] = {
        {"embed_dim", NULL, "embed_dim"},
        {"image_resolution", NULL, "image_resolution"},
        {"vision_layers", NULL, "vision_layers"},
        {"vision_layers", "[3, 4, 6, 3]", "vision_layers"},
        {"vision_width", NULL, "vision_width"},
        {"vision_width", "63", "vision_width"},
        {"vision_width", "200", "vision_width / 64"},
        {"vision_patch_size", NULL, "model_type is none"},
        {"vision_patch_size", "24", "vision_patch_size"},
        {"context_length", NULL, "context_length"},
        {"vocab_size", NULL, "vocab_size"},
        {"transformer_width", NULL, "transformer_width"},
        {"transformer_heads", NULL, "transformer_heads"},
        {"transformer_heads", "3", "transformer_heads"},
        {"transformer_layers", NULL, "transformer_layers"},
        {"mean", "[1, 2]", "mean"},
        {"std", "[1, 2, -3]", "std"},
    };
    static const change contradictions[] = {
        {"embed_dim", "20", "visual.proj"},
        {"image_resolution", "25", "visual.positional_embedding"},
        {"vision_layers", "2", "visual.transformer.resblocks.1.ln_1.weight"},
        {"vision_width", "128", "visual.conv1.weight"},
        {"vision_patch_size", "6", "visual.conv1.weight"},
        {"context_length", "14", "positional_embedding"},
        {"vocab_size", "71", "token_embedding.weight"},
        {"transformer_width", "40", "token_embedding.weight"},
        {"transformer_layers", "2", "transformer.resblocks.2."},
        {"transformer_layers", "4", "transformer.resblocks.3.ln_1.weight"},
    };

    (void)state;
    check_changes("ruclip", "config.json", "config.json", keys, sizeof keys / sizeof keys[0]);
    check_changes("ruclip", "config.json", "pytorch_model.bin", contradictions,
                  sizeof contradictions / sizeof contradictions[0]);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static void cut(const char *name, size_t keep)
{
    assert_int_equal(truncate(in_folder(name), (off_t)keep), 0);
}

static void test_files(void **state)
{
    size_t n = 0;

    (void)state;
    empty_folder();
    expect_refused("", "");
    copy_model("f32");
    remove(in_folder("model.safetensors"));
    expect_refused("", "");
    copy_model("f32");
    remove(in_folder("config.json"));
    expect_refused("no config.json", "");
    copy_model("f32");
    cut("config.json", 300);
    expect_refused("config.json", "line");
    cut("config.json", 0);
    expect_refused("config.json", "");
    write_text("config.json", "[]");
    expect_refused("config.json", "not an object");
    write_text("config.json", "{\"model_type\": \"clip\", \"model_type\": \"clip\"}");
    expect_refused("config.json", "duplicate");
    write_text("config.json", "{\"model_type\": \"clip\", \"vision_config\": {\"layer_norm_eps\": NaN}}");
    expect_refused("config.json", "line 1");
    write_text("config.json", "{\"model_type\": \"clip\", \"vision_config\": {\"layer_norm_eps\": 1e999}}");
    expect_refused("config.json", "line 1");
    write_text("config.json", "{\"model_type\": \"\xff\xfe\"}");
    expect_refused("config.json", "line 1");
    char *deep = malloc(100001);
    assert_non_null(deep);
    memset(deep, '[', 100000);
    write_all("config.json", deep, 100000);
    expect_refused("config.json", "line 1");
    free(deep);
    cut("config.json", 2 << 20);
    expect_refused("config.json", "over 1 MB");
    remove(in_folder("config.json"));
    assert_int_equal(mkdir(in_folder("config.json"), 0700), 0);
    expect_refused("config.json", "");
    copy_model("f32");
    write_text("preprocessor_config.json", "{");
    expect_refused("preprocessor_config.json", "line");
    remove(in_folder("preprocessor_config.json"));
    assert_int_equal(mkdir(in_folder("preprocessor_config.json"), 0700), 0);
    expect_refused("preprocessor_config.json", "");
    copy_model("f32");
    uint8_t *bytes = read_all(in_folder("model.safetensors"), &n);
    write_all("pytorch_model.bin", bytes, n);
    free(bytes);
    expect_refused("pytorch_model.bin", "model.safetensors");
    copy_model("f32");
    cut("model.safetensors", n / 2);
    expect_refused("model.safetensors", "");
    cut("model.safetensors", 0);
    expect_refused("model.safetensors", "");
    copy_model("shards");
    remove(in_folder("model-00003-of-00005.safetensors"));
    expect_refused("model-00003-of-00005.safetensors", "");
    copy_model("f16");
    cut("pytorch_model.bin", 50000);
    expect_refused("pytorch_model.bin", "");
    copy_model("openai");
    cut("ViT-tiny.pt", 200000);
    expect_refused("ViT-tiny.pt", "");
    copy_model("ruclip");
    remove(in_folder("config.json")); /* then it is like OpenAI's, and the width of its texts is none of theirs */
    expect_refused("ln_final.weight", "pytorch_model.bin");
}

static void test_not_there(void **state)
{
    imf_clip *m = NULL;
    imf_err err = {0};

    (void)state;
    assert_int_equal(imf_clip_open(&m, "/tmp/imf-clip-no-such-folder", &err), IMF_EINPUT);
    assert_null(m);
    assert_non_null(strstr(err.msg, "/tmp/imf-clip-no-such-folder"));
    if (refusals < 100)
        fail_msg("only %d broken folders were tried", refusals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transformers_keys), cmocka_unit_test(test_preprocessor),
        cmocka_unit_test(test_ruclip_keys),       cmocka_unit_test(test_files),
        cmocka_unit_test(test_not_there),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
