/*
 * The pickle in an archive of PyTorch: what is read, and that every pickle that is broken, hostile or holds
 * something else than tensors is refused with one line that says what is wrong. The notation is told in
 * tests/torch_files.h.
 */
#include "weights_expect.h"

static void make_archive(bytes *b, const char *notation)
{
    bytes pickle = {0};
    zip_places places;

    add_pickle(&pickle, notation);
    add_archive(b, pickle.p, pickle.n, &places);
    free(pickle.p);
}

static void refuse_pickle(const char *notation, const char *named)
{
    bytes b = {0};

    make_archive(&b, notation);
    expect_refused(b.p, b.n, 0, named);
    free(b.p);
}

/* ---- Good ones --------------------------------------------------------------------------------- */

static void test_good_pickles(void **state)
{
    static const struct {
        const char *notation, *name;
        size_t count;
    } table[] = {
        {ONE(GOOD_TENSOR), "a", 6},
        {ONE(TENSOR("", "")), "a", 1},
        {ONE(TENSOR("#3#2", "#1#3")), "a", 6},
        {ONE(TENSOR("#0#3", "#3#1")), "a", 0},
        {ONE(TENSOR("#1#6", "#999999999#1")), "a", 6}, /* the stride of a dimension of one says nothing */
        {ONE(TENSOR("#4#6", "#0#1")), "a", 24},
        {ONE(TENSOR_OF(STORAGE_ID("FloatStorage", "0", "#6"), "#6", "#0", "#1")), "a", 0},
        {ONE(TENSOR_OF(STORAGE_ID("FloatStorage", "2", "#0"), "#0", "#0", "#1")), "a", 0},
        {ONE(TENSOR_OF(STORAGE_ID("BoolStorage", "1", "#64"), "#60", "#4", "#1")), "a", 4},
        {ONE("%torch._utils _rebuild_tensor;(" STORAGE_ID("FloatStorage", "0", "#6") "#0(#6t(#1ttR"), "a", 6},
        {ONE("%torch._utils _rebuild_parameter;(" GOOD_TENSOR "~88" HOOKS "tR"), "a", 6},
        {"}('module.a'" GOOD_TENSOR "u.", "a", 6},
        {"}('module.a'" GOOD_TENSOR "'b'" GOOD_TENSOR "u.", "module.a", 6}, /* not all of them have the prefix */
        {"}('module.'" GOOD_TENSOR "u.", "module.", 6},
        {"}('state_dict'}('a'" GOOD_TENSOR "u'evil'%os system;('rm'tRu.", "a", 6}, /* beside the table: nobody asks */
        {"}('model'}('state_dict'}('a'" GOOD_TENSOR "uuu.", "a", 6},
        {"}('best'" GOOD_TENSOR "'model'}('a'" GOOD_TENSOR "uu.", "a", 6},
        {"}('model'" GOOD_TENSOR "u.", "model", 6}, /* a tensor of that name is no wrapper */
        {"}('model'#5'a'" GOOD_TENSOR "u.", "a", 6},
        {"}('x'N'y'~88'z'G~3f~f0~00~00~00~00~00~00'l'](#1#2e't'#1~85'a'" GOOD_TENSOR "u.", "a", 6},
        {HOOKS "('a'" GOOD_TENSOR "u}('_metadata'" HOOKS "ub.", "a", 6},
        {"%collections OrderedDict;](]('a'" GOOD_TENSOR "ee~85R.", "a", 6}, /* as Python 2 wrote it */
        {"}q~00('a'" GOOD_TENSOR "'self'h~00u.", "a", 6}, /* in itself, but not as a tensor */
        {"}'a'" GOOD_TENSOR "s.", "a", 6},
        {"('a'" GOOD_TENSOR "d.", "a", 6},
        {"(#1#2((01#1 01}('a'" GOOD_TENSOR "u.", "a", 6}, /* POP and POP_MARK */
        {"!~80~04~95~00~00~00~00~00~00~00~00}('a'" GOOD_TENSOR "u.", "a", 6},
        {"!~80~05}~94('a'~8c~0ctorch._utils~8c~12_rebuild_tensor_v2~93(" STORAGE_ID("FloatStorage", "0", "#6")
         "#0(#6t(#1t~89" HOOKS "tRu.", "a", 6},
        {"%__torch__ M;)~81}('a'" GOOD_TENSOR "'n'Nub.", "a", 6},
        {"%__torch__.x M;)~81}('m'%__torch__.y N;)~81}('a'" GOOD_TENSOR
         "'list'%torch.jit._pickle build_intlist;](#1e~85R'device'%torch device;'cuda:0'~85Rubub.", "m.a", 6},
        {"%__torch__ M;)~81}('x'%__torch__ N;)~81}('a'" GOOD_TENSOR "ubq~00'y'h~00ub.", "y.a", 6}, /* shared */
        {"%__torch__ M;)~81}('x'%__torch__ N;)~81'a'" GOOD_TENSOR "ub.", "a", 6},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bytes b = {0};
        make_archive(&b, table[i].notation);
        imf_weights *w = expect_read(b.p, b.n, 0);
        const imf_tensor *t = imf_weights_find(w, table[i].name);
        if (t == NULL || t->count != table[i].count)
            fail_msg("%s: no tensor %s of %zu", table[i].notation, table[i].name, table[i].count);
        imf_weights_close(&w);
        free(b.p);
    }
}

/* The machine's own faults. */
static void test_broken_pickles(void **state)
{
    static const char *const table[][2] = {
        {"", "in the middle of an instruction"},
        {"!", "in the middle of an instruction"},
        {"!}.", "protocol"},
        {"!~80~01}.", "protocol"},
        {"!~80~06}.", "protocol"},
        {".", "one value"},
        {"}}.", "one value"},
        {"}(.", "one value"},
        {"}.}.", "its pickle has 6 bytes, but ends at 4"},
        {"}~80~02.", "instruction 0x80"},
        {"I5~0a.", "instruction 0x49"},   /* protocol 0 */
        {"i.", "instruction 0x69"},       /* INST */
        {"o.", "instruction 0x6f"},       /* OBJ */
        {"P1~0a.", "instruction 0x50"},   /* PERSID */
        {"~82~01.", "instruction 0x82"},  /* EXT1 */
        {"~97.", "instruction 0x97"},     /* NEXT_BUFFER */
        {"~92.", "instruction 0x92"},     /* NEWOBJ_EX */
        {"~ff.", "instruction 0xff"},
        {"X~ff~ff~ff~ff.", "in the middle of an instruction"},
        {"~8d~ff~ff~ff~ff~ff~ff~ff~ff.", "in the middle of an instruction"},
        {"~8a~ff.", "in the middle of an instruction"},
        {"!~80~05~95~ff~ff~ff~ff~ff~ff~ff~7f}.", "in the middle of an instruction"},
        {"cos", "in the middle of an instruction"},
        {"cos~0asystem", "in the middle of an instruction"},
        {"}'a'", "in the middle of an instruction"},
        {"t.", "no mark"},
        {"u.", "no mark"},
        {"1.", "no mark"},
        {"0.", "too few values"},
        {"#1~86.", "too few values"},
        {"}(#1~86t.", "too few values"}, /* nothing below a mark may be taken */
        {"](#1a.", "too few values"},
        {"}#1s.", "too few values"},
        {"R.", "too few values"},
        {"q~00.", "too few values"},
        {"(q~00.", "too few values"},
        {"~94.", "too few values"},
        {"Q.", "too few values"},
        {"h~00.", "did not keep"},
        {"j~ff~ff~ff~ff.", "did not keep"},
        {"}r~ff~ff~ff~ff.", "more than any model"},
        {"}('a'u.", "key without a value"},
        {"(#1d.", "key without a value"},
        {"}#1a.", "no container"},
        {"](#1#2u.", "no container"},
        {"#5]b.", "no container"},
        {"#1#2~93.", "not a text"},
        {"%os system;]R.", "not a tuple"},
        {"#1Q.", "not a tuple"},
        {"%collections OrderedDict;#1~85R.", "not made of pairs"},
        {"%collections OrderedDict;](#1e~85R.", "not made of pairs"},
        {"%collections OrderedDict;](](#1ee~85R.", "not made of pairs"},
        {"%collections OrderedDict;]]~86R.", "not made of pairs"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        refuse_pickle(table[i][0], table[i][1]);
}

/* Sound pickles with bad tensors, or with something else than tensors. */
static void test_bad_tensors(void **state)
{
#define STORED(id) ONE(TENSOR_OF(id, "#0", "#6", "#1"))
    static const char *const table[][2] = {
        {"#5.", "plain data"},
        {"].", "plain data"},
        {"'text'.", "plain data"},
        {"%os system;.", "os.system"},
        {"%os system;('true'tR.", "os.system"},
        {"%posix system;('true'tR)R.", "posix.system"},
        {GOOD_TENSOR ".", "torch._utils._rebuild_tensor_v2"},
        {"}.", "no tensors"},
        {"}('a'#1u.", "no tensors"},
        {"}('a'}('b'" GOOD_TENSOR "uu.", "no tensors"},
        {"}('state_dict'%clip.model CLIP;)~81}bu.", "clip.model.CLIP"},
        {ONE("%os system;('true'tR"), "tensor a needs os.system"},
        {ONE("%builtins eval;"), "tensor a needs builtins.eval"},
        {ONE("%torch._utils _rebuild_tensor_v3;)R"), "tensor a needs torch._utils._rebuild_tensor_v3"},
        {ONE("%torch._utils _rebuild_parameter;)R"), "torch._utils._rebuild_parameter"},
        {ONE("%torch._utils _rebuild_parameter;%os system;)R~85R"), "torch._utils._rebuild_parameter"},
        {ONE("%numpy.core.multiarray _reconstruct;)R"), "numpy.core.multiarray._reconstruct"},
        {"}('a'" GOOD_TENSOR "'a'" GOOD_TENSOR "u.", "two tensors have the name a"},
        {"}('module.a'" GOOD_TENSOR "'module.a'" GOOD_TENSOR "u.", "two tensors have the name a"},
        {"}(''" GOOD_TENSOR "u.", "not usable text"},
        {"}(#1" GOOD_TENSOR "u.", "not usable text"},
        {"}(X~03~00~00~00a~00b" GOOD_TENSOR "u.", "not usable text"},
        {"}(X~01~00~00~00~ff" GOOD_TENSOR "u.", "not usable text"},
        {ONE("%torch._utils _rebuild_tensor_v2;)R"), "definition is not storage, offset"},
        {STORED("N"), "storage is not one of torch's"},
        {STORED("('storage'%torch FloatStorage;'0''cpu't Q"), "storage is not one of torch's"},
        {STORED("('module'%torch FloatStorage;'0''cpu'#6tQ"), "storage is not one of torch's"},
        {STORED("('storage''FloatStorage''0''cpu'#6tQ"), "storage is not one of torch's"},
        {STORED("('storage'%torch FloatStorage;#0'cpu'#6tQ"), "storage is not one of torch's"},
        {STORED("('storage'%torch FloatStorage;'0''cpu'#6'view't Q"), "view of another"},
        {STORED(STORAGE_ID("ComplexFloatStorage", "0", "#3")), "storage type ComplexFloatStorage"},
        {STORED("('storage'%os FloatStorage;'0''cpu'#6tQ"), "storage type FloatStorage"},
        {STORED("('storage'%torch.storage UntypedStorage;'0''cpu'#24tQ"), "storage type UntypedStorage"},
        {STORED(STORAGE_ID("FloatStorage", "0", "#-1")), "size that fits a file"},
        {STORED(STORAGE_ID("FloatStorage", "0", "'6'")), "size that fits a file"},
        {STORED(STORAGE_ID("FloatStorage", "0", "#4611686018427387910")), "size that fits a file"},
        {STORED(STORAGE_ID("FloatStorage", "0", "~8a~09~06~00~00~00~00~00~00~00~01")), "size that fits a file"},
        {STORED(STORAGE_ID("FloatStorage", "0", "#5")), "storage 0 has 24 bytes, expected 20"},
        {STORED(STORAGE_ID("FloatStorage", "0", "#7")), "storage 0 has 24 bytes, expected 28"},
        {STORED(STORAGE_ID("DoubleStorage", "0", "#6")), "storage 0 has 24 bytes, expected 48"},
        {STORED(STORAGE_ID("FloatStorage", "9", "#6")), "storage 9 is not in the file"},
        {STORED(STORAGE_ID("FloatStorage", "../0", "#6")), "storage ../0 is not in the file"},
        {STORED(STORAGE_ID("FloatStorage", "", "#6")), "is not in the file"},
        {ONE(TENSOR_OF(STORAGE_ID("FloatStorage", "0", "#6"), "#-1", "#6", "#1")), "offset is not"},
        {ONE(TENSOR_OF(STORAGE_ID("FloatStorage", "0", "#6"), "#1", "#6", "#1")), "reaches number 6 of its storage"},
        {ONE(TENSOR_OF(STORAGE_ID("FloatStorage", "0", "#6"), "#6", "", "")), "reaches number 6 of its storage"},
        {ONE(TENSOR_OF(STORAGE_ID("FloatStorage", "0", "#6"), "#7", "#0", "#1")), "reaches number 7 of its storage"},
        {ONE(TENSOR_OF(STORAGE_ID("FloatStorage", "0", "#6"), "#9223372036854775807", "#6", "#1")), "tensor a"},
        {ONE(TENSOR_OF(STORAGE_ID("FloatStorage", "0", "#6"), "N", "#6", "#1")), "offset is not"},
        {ONE(TENSOR("#7", "#1")), "reaches number 6"},
        {ONE(TENSOR("#2#3", "#4#1")), "reaches number 6"},
        {ONE(TENSOR("#2#3", "#3")), "stride is not"},
        {ONE(TENSOR("#2", "#3#1")), "stride is not"},
        {ONE(TENSOR("#2#3", "#-3#1")), "stride is not"},
        {ONE(TENSOR("#2#3", "#9223372036854775807#9223372036854775807")), "stride is not"},
        {ONE(TENSOR("#3#3#3", "#9223372036854775807#9223372036854775807#1")), "stride is not"},
        {ONE(TENSOR("#-2#3", "#3#1")), "shape is not"},
        {ONE(TENSOR("#2'3'", "#3#1")), "shape is not"},
        {ONE(TENSOR("G~7f~f8~00~00~00~00~00~00#3", "#3#1")), "shape is not"}, /* NaN */
        {ONE(TENSOR("~88#6", "#6#1")), "shape is not"},
        {ONE(TENSOR("#4294967296#4294967296#4294967296", "#0#0#0")), "shape is not"},
        {ONE(TENSOR("#4611686018427387904", "#0")), "shape is not"},
        {ONE(TENSOR("#1#1#1#1#1#1#1#1#6", "#6#6#6#6#6#6#6#6#1")), "shape is not at most 8"},
        {ONE(TENSOR("#1000000000#6", "#0#1")), "to be copied need 24000000000 bytes"},
        {ONE(TENSOR("#600#6", "#0#1")), "to be copied need 14400 bytes"},
        {"%__torch__ M;)~81}bq~00}('a'h~00ub.", "nests deeper"},
        {"%__torch__ M;)~81}('a'%__torch__ N;)~81q~00}('b'h~00ubub.", "a.b nests deeper"},
        {"%__torch__ M;)~81]b.", "__torch__.M"},
        {"%__torch__ M;)~81}('a'%os system;('true'tRub.", "tensor a needs os.system"},
        {"%__torch__ M;)~81}('a'%__torch__.torch.classes.x Y;)~81#5bub.", "__torch__.torch.classes.x.Y"},
        {"%__torch__ M;)~81}(#1%__torch__ N;)~81}bub.", "not usable text"},
        {"%__torch__ M;)~81}b.", "no tensors"},
        {"%__torch__ M;)~81.", "no tensors"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        refuse_pickle(table[i][0], table[i][1]);
}

/* Pickles made to exhaust the reader: what is repeated how often between a beginning and an end. */
static void test_hostile_pickles(void **state)
{
    static const struct {
        const char *start, *unit, *end, *named;
        size_t times;
    } table[] = {
        {"", "(", ".", "nests deeper", 100000},
        {"", "]", ".", "one value", 100000},
        {"", "]", ".", "more than any model", 3 << 20},
        {"]", "]a", ".", "plain data", 100000},
        {"", "}('state_dict'", ".", "nests deeper", 100000},
        {"}", "q~00~85", ".", "plain data", 100000}, /* tuples in tuples */
        {"]q~00", "h~00a", ".", "plain data", 500000}, /* a list of itself */
        {"]q~00", "h~00", ".", "more than any model", 3 << 20},
        {"%__torch__ M;)~81", "}('m'%__torch__ M;)~81", ".", "nests deeper", 2000},
        {"}", "q~00q~00", ".", "no tensors", 500000},
        {"]q~00](#1#2~86", "0h~00", "tR.", "", 1000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bytes unit = {0}, pickle = {0}, b = {0};
        zip_places places;
        char text[200];
        add_pickle(&pickle, table[i].start);
        snprintf(text, sizeof text, "!%s", table[i].unit);
        add_pickle(&unit, text);
        for (size_t k = 0; k < table[i].times; k++)
            add(&pickle, unit.p, unit.n);
        snprintf(text, sizeof text, "!%s", table[i].end);
        add_pickle(&pickle, text);
        add_archive(&b, pickle.p, pickle.n, &places);
        expect_refused(b.p, b.n, IMF_WEIGHTS_TRUST, table[i].named);
        free(unit.p);
        free(pickle.p);
        free(b.p);
    }
}

/* Modules that hold the one before twice: 2^50 paths to one tensor. And a module in a module, 100 deep. */
static void test_many_paths(void **state)
{
    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        bytes pickle = {0}, b = {0};
        zip_places places;
        add_pickle(&pickle, "%__torch__ M;)~81}('a'" GOOD_TENSOR "ubq~00");
        for (int i = 0; i < (twice ? 50 : 100); i++)
            add_pickle(&pickle,
                       twice ? "!0%__torch__ M;)~81}('x'h~00'y'h~00ubq~00" : "!0%__torch__ M;)~81}('x'h~00ubq~00");
        add_pickle(&pickle, "!.");
        add_archive(&b, pickle.p, pickle.n, &places);
        expect_refused(b.p, b.n, 0, twice ? "more than any model" : "nests deeper");
        free(pickle.p);
        free(b.p);
    }
}

/* OrderedDict of one long list of pairs, again and again: the pairs are counted each time. */
static void test_long_lists_again(void **state)
{
    bytes pickle = {0}, b = {0};
    zip_places places;

    (void)state;
    add_pickle(&pickle, "#1#2~86q~000]q~01(");
    for (int i = 0; i < 100000; i++)
        add_pickle(&pickle, "!h~00");
    add_pickle(&pickle, "!e0");
    for (int i = 0; i < 100000; i++)
        add_pickle(&pickle, "!%collections OrderedDict;h~01~85R0");
    add_pickle(&pickle, "!}.");
    add_archive(&b, pickle.p, pickle.n, &places);
    expect_refused(b.p, b.n, IMF_WEIGHTS_TRUST, "more than any model");
    free(pickle.p);
    free(b.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_pickles),
        cmocka_unit_test(test_broken_pickles),
        cmocka_unit_test(test_bad_tensors),
        cmocka_unit_test(test_hostile_pickles),
        cmocka_unit_test(test_many_paths),
        cmocka_unit_test(test_long_lists_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
