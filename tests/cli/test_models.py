"""Published models, from their folders to answers: CLIP as transformers saves it, OpenAI's layout, ruCLIP. What is
expected was made by the original code (tools/golden/models.py)."""

import json
import os
import shutil
import sys

import numpy

import harness
import openai_model
from harness import Case

GOLDEN = os.path.join(harness.SOURCE, "tests", "golden")
NEAR = 1e-4
FAMILIES = ("f32", "openai", "ruclip")


def expected():
    with open(os.path.join(GOLDEN, "models", "expected.jsonl"), encoding="utf-8") as f:
        return [json.loads(line) for line in f]


class ModelCase(Case):
    """Models of every family in a folder of their own; `self.models` is their place."""

    def setUp(self):
        super().setUp()
        self.models = os.path.join(self.home.folder, "models")
        os.mkdir(self.models)
        self.out = os.path.join(self.home.folder, "x.npy")

    def model(self, name, to=None):
        """The folder of a model as its publisher lays it out, made at the first call; a copy named `to`."""
        folder = os.path.join(self.models, to or name)
        if os.path.isdir(folder):
            return folder
        if name == "openai":
            os.mkdir(folder)
            merges = os.path.join(GOLDEN, "tokenizers", "small", "merges.txt")
            self.vocabulary = openai_model.write_vocabulary(
                os.path.join(folder, "bpe_simple_vocab_16e6.txt"), merges
            )
            openai_model.write_weights(os.path.join(folder, "model.safetensors"), self.vocabulary)
            return folder
        shutil.copytree(
            os.path.join(GOLDEN, "clip", "openai" if name == "archive" else name),
            folder,
            ignore=shutil.ignore_patterns("expected.txt"),
        )
        if name == "ruclip":
            shutil.copy(os.path.join(GOLDEN, "models", "bpe.model"), folder)
        if name == "archive":
            shutil.copy(os.path.join(GOLDEN, "tokenizers", "bpe_simple_vocab_16e6.txt.gz"), folder)
        return folder

    def ok(self, *args, **options):
        r = self.home.run(*args, **options)
        self.assertEqual(r.status, 0, str(r))
        return r

    def embed(self, model, *args):
        self.ok("embed", "--model", model, *args, "--out", self.out)
        return numpy.load(self.out)

    def file(self, name, content, mode="w"):
        path = os.path.join(self.home.folder, name)
        with open(path, mode) as f:
            f.write(content)
        return path


class Originals(ModelCase):
    def test_texts(self):
        groups = {}
        for row in expected():
            if "text" in row:
                groups.setdefault((row["model"], row["templates"]), []).append(row)
        self.assertEqual(
            set(groups), {("f32", "none"), ("openai", "none"), ("ruclip", "none"), ("ruclip", "default")}
        )
        for (model, templates), rows in groups.items():
            texts = [a for row in rows for a in ("--text", row["text"])]
            found = self.embed(self.model(model), *texts, "--templates", templates, "--reference-preprocessing")
            self.assertEqual(found.shape, (len(rows), len(rows[0]["vector"])))
            for row, vector in zip(rows, found):
                apart = numpy.abs(vector - row["vector"]).max()
                self.assertLess(apart, NEAR, (model, templates, row["text"]))

    def test_pictures(self):
        groups = {}
        for row in expected():
            if "picture" in row:
                groups.setdefault(row["model"], []).append(row)
        self.assertEqual(set(groups), {"f32", "shards", "f16", "old-bf16", "openai", "ruclip"})
        for model, rows in groups.items():
            files = [a for row in rows for a in ("--picture", os.path.join(GOLDEN, row["picture"]))]
            found = self.embed(self.model(model), *files, "--reference-preprocessing")
            for row, vector in zip(rows, found):
                self.assertLess(numpy.abs(vector - row["vector"]).max(), NEAR, (model, row["picture"]))

    def test_by_default_a_picture_is_prepared_better(self):
        """Alpha on white, 16 bits scaled: what the originals do to such files is seen with the option alone."""
        for name in ("rgba-faint.png", "grey16.png"):
            path = os.path.join(GOLDEN, "pictures", name)
            ours = self.embed(self.model("f32"), "--picture", path)[0]
            theirs = self.embed(self.model("f32"), "--picture", path, "--reference-preprocessing")[0]
            self.assertGreater(numpy.abs(ours - theirs).max(), 1e-3, name)

    def test_the_starter_is_its_own_reference(self):
        path = harness.make_picture(self.home.path("a.png"), 1)
        a = self.embed("starter", "--picture", path)
        self.assertTrue((a == self.embed("starter", "--picture", path, "--reference-preprocessing")).all())

    def test_raw_leaves_the_length(self):
        for model in FAMILIES:
            args = ("--text", "cat", "--picture", os.path.join(GOLDEN, "pictures", "plain.jpg"))
            raw, unit = self.embed(self.model(model), *args, "--raw"), self.embed(self.model(model), *args)
            lengths = numpy.linalg.norm(raw, axis=1)
            self.assertTrue((numpy.abs(lengths - 1) > 1e-3).all(), lengths)
            self.assertLess(numpy.abs(raw / lengths[:, None] - unit).max(), 1e-6)

    def test_tokens(self):
        for model in FAMILIES:
            rows = [r for r in expected() if r["model"] == model and r.get("templates") == "none"]
            r = self.ok("tokenize", "--model", self.model(model), "--", *[row["text"] for row in rows])
            self.assertEqual([json.loads(line) for line in r.out.splitlines()], [row["ids"] for row in rows], model)
            self.assertEqual(r.err, "")

    def test_tokens_of_the_published_vocabulary(self):
        r = self.ok("tokenize", "--model", self.model("archive"), "&lt;b&gt; &amp;amp;", "İstanbul ΣΑΣ", "", "--json")
        self.assertEqual(
            [json.loads(line) for line in r.out.splitlines()],
            [
                [49406, 283, 321, 285, 261, 49407],
                [49406, 328, 16384, 11231, 139, 225, 138, 109, 139, 480, 49407],
                [49406, 49407],
            ],
        )

    def test_a_written_mark_is_text(self):
        for model in ("archive", "openai", "ruclip"):  # every byte is in these vocabularies
            r = self.ok("tokenize", "--model", self.model(model), "a<|endoftext|>b")
            ids = json.loads(r.out)
            self.assertEqual(ids.count(ids[-1]), 1, model)


class Answers(ModelCase):
    def test_each_family_indexes_and_answers(self):
        files = harness.make_pictures(self.home.pictures, 6)
        for model in FAMILIES:
            folder = self.model(model)
            report = self.home.index("-c", model, "--model", folder)
            self.assertEqual((report["added"], report["failed"], report["model"]), (6, 0, folder))
            rows = self.embed(folder, "--text", "red cat", *[a for f in files for a in ("--picture", f)])
            if model == "ruclip":
                rows[0] = self.embed(folder, "--text", "red cat", "--templates", "default")[0]
            o = self.home.search("red", "cat", "-c", model)
            self.assertEqual(o["query"]["model"], folder)
            self.assertEqual(len(o["results"]), 6)
            for hit in o["results"]:
                self.assertAlmostEqual(hit["score"], float(rows[0] @ rows[1 + files.index(hit["path"])]), places=3)
                self.assertEqual((hit["probability"], hit["verdict"]), (None, "maybe"))
            o = self.home.search("@" + files[3], "-c", model)
            self.assertEqual(o["results"][0]["path"], files[3])
            self.assertAlmostEqual(o["results"][0]["score"], 1.0, places=3)
            o = self.home.search("@" + o["results"][0]["item"], "-c", model)
            self.assertEqual(o["results"][0]["path"], files[3])

    def test_an_archive_answers_by_pictures(self):
        files = harness.make_pictures(self.home.pictures, 3)
        archive = os.path.join(self.model("archive"), "ViT-tiny.pt")
        self.assertEqual(self.home.index("--model", archive)["model"], archive)
        self.assertEqual(self.home.search("@" + files[1])["results"][0]["path"], files[1])
        # its vocabulary has 90 ids: the published tokenizer is not its own
        self.fails(3, "search", "cat", naming=("90", "tokenizer"))

    def test_a_name_is_enough(self):
        harness.make_pictures(self.home.pictures, 2)
        self.model("f32", to="tiny")
        env = {"IMAGEFINDER_MODELS": self.models}
        r = self.ok("index", self.home.pictures, "--model", "tiny", "--json", env=env)
        self.assertEqual(r.json()["model"], "tiny")
        self.assertEqual(self.ok("search", "cat", "--json", env=env).json()["query"]["model"], "tiny")
        self.fails(2, "search", "cat", naming="no model named 'tiny'")  # the place is not named any more

    def test_a_model_in_the_home(self):
        os.makedirs(os.path.join(self.home.home, "models"))
        shutil.copytree(self.model("f32"), os.path.join(self.home.home, "models", "mine"))
        harness.make_pictures(self.home.pictures, 2)
        self.assertEqual(self.home.index("--model", "mine")["model"], "mine")
        names = [m["name"] for m in self.ok("model", "list", "--json").json()["models"]]
        self.assertEqual(names, ["mine", "starter"])

    def test_another_model_than_the_collections(self):
        harness.make_pictures(self.home.pictures, 2)
        clip, openai = self.model("f32"), self.model("openai")
        self.home.index("-c", "a", "--model", clip)
        self.home.index("-c", "b")
        self.fails(2, "index", self.home.pictures, "-c", "a", "--model", openai, naming=(clip, openai))
        self.fails(2, "search", "cat", "-c", "a", "--model", "starter", naming=(clip, "starter"))
        self.fails(2, "search", "cat", "-c", "b", "--model", clip, naming=("starter", clip))
        o = self.ok("search", "cat", "--model", clip, "--json").json()
        self.assertEqual({h["collection"] for h in o["results"]}, {"a"})
        self.assertEqual(len(o["warnings"]), 1)
        self.assertIn("'b'", o["warnings"][0])

    def test_the_same_weights_in_two_places_are_one_space(self):
        harness.make_pictures(self.home.pictures, 2)
        self.home.index("-c", "a", "--model", self.model("f32"))
        o = self.ok("search", "cat", "-c", "a", "--model", self.model("f32", to="copy"), "--json").json()
        self.assertEqual(len(o["results"]), 2)
        report = self.home.index("-c", "b", "--model", self.model("f32", to="copy"))
        self.assertEqual((report["added"], report["renamed"]), (0, 2), "nothing is embedded twice")


class Templates(ModelCase):
    def test_the_mean_is_of_raw_vectors(self):
        path = self.file("t.txt", "a photo of {}\r\n\n{}\n")
        texts = ["--text", "a photo of cats", "--text", "cats"]
        for model in FAMILIES:
            folder = self.model(model)
            two = self.embed(folder, *texts, "--raw")
            mean = self.embed(folder, "--text", " cats\u00a0", "--templates", path, "--raw")[0]
            self.assertLess(numpy.abs(mean - two.mean(axis=0)).max(), 1e-5, model)
            unit = self.embed(folder, "--text", "cats", "--templates", path)[0]
            self.assertLess(numpy.abs(unit - mean / numpy.linalg.norm(mean)).max(), 1e-6, model)

    def test_more_templates_than_one_call_takes(self):
        lines = ["%s {}" % ("very " * i) for i in range(64)]
        folder = self.model("openai")
        mean = self.embed(folder, "--text", "cat", "--templates", self.file("t.txt", "\n".join(lines)), "--raw")[0]
        rows = self.embed(folder, "--raw", *[a for line in lines for a in ("--text", line.format("cat"))])
        self.assertLess(numpy.abs(mean - rows.mean(axis=0)).max(), 1e-5)

    def test_a_search_takes_those_of_the_model(self):
        harness.make_pictures(self.home.pictures, 3)
        path = self.file("t.txt", "{} on a sofa\n")

        def scores(collection, *args):
            o = self.ok("search", "cat", "-c", collection, "--json", *args).json()
            return [round(h["score"], 5) for h in o["results"]]

        for model in FAMILIES:
            self.home.index("-c", model, "--model", self.model(model))
            own, none = scores(model), scores(model, "--templates", "none")
            self.assertEqual(own, scores(model, "--templates", "default"))
            self.assertEqual(own == none, model != "ruclip", "the six of ruCLIP are used, and only they")
            self.assertNotEqual(scores(model, "--templates", path), none)

    def test_the_starter_takes_them_too(self):
        path = self.file("t.txt", "{}\n{}\n")
        a = self.embed("starter", "--text", "cat", "--templates", path)
        self.assertLess(numpy.abs(a - self.embed("starter", "--text", "cat")).max(), 1e-6)

    def test_files_that_are_wrong(self):
        for content, naming in (
            ("a photo\n", "line 1"),
            ("{}\n{} and {}\n", "line 2"),
            ("\n\n", "no templates"),
            ("", "no templates"),
            ("{}\n" * 65, "64"),
            ("{}" + "x" * 1023 + "\n", "1024"),
            ("{}" + "x" * 100000 + "\n", "1024"),
            (b"{} \xff\n", "UTF-8"),
            (b"{} \0\n", "UTF-8"),
        ):
            path = self.file("t.txt", content, "wb" if isinstance(content, bytes) else "w")
            args = ("--text", "cat", "--out", self.out)
            self.fails(3, "embed", *args, "--templates", path, naming=(naming, "t.txt"))
            self.assertFalse(os.path.exists(self.out))
        self.fails(3, "embed", *args, "--templates", os.path.join(self.home.folder, "nowhere"), naming="nowhere")
        self.fails(3, "embed", *args, "--templates", self.home.folder, naming=self.home.folder)
        self.fails(2, "embed", *args, "--templates", "", naming="--templates")


class Information(ModelCase):
    def test_list(self):
        for name in ("f32", "openai", "ruclip", "archive"):
            self.model(name)
        self.file("models/f32/README.md", "---\nlanguage: en\nlicense: mit\n---\n# A model\nlicense: none\n")
        self.file("models/openai/README.md", "# A model\nlicense: mit\n")
        os.mkdir(os.path.join(self.models, "empty"))
        os.mkdir(os.path.join(self.models, "other"))
        self.file("models/other/config.json", '{"model_type": "siglip"}')
        os.mkdir(os.path.join(self.models, "damaged"))
        self.file("models/damaged/model.safetensors", "nothing")
        r = self.ok("model", "list", "--json", env={"IMAGEFINDER_MODELS": self.models})
        rows = {m["name"]: m for m in r.json()["models"]}
        self.assertEqual(set(rows), {"archive", "damaged", "f32", "openai", "other", "ruclip", "starter"})
        for m in rows.values():
            self.assertEqual(set(m), harness.MODEL_KEYS)
            self.assertTrue(m["here"])
        found = {n: (m["dim"], m["languages"], m["licence"]) for n, m in rows.items()}
        self.assertEqual(found["f32"], (17, ["en"], "MIT"))
        self.assertEqual(found["openai"], (openai_model.DIM, ["en"], ""))
        self.assertEqual(found["archive"], (27, ["en"], ""))
        self.assertEqual(found["ruclip"], (19, ["ru"], ""))
        self.assertEqual(found["other"], (None, [], ""))
        self.assertEqual(found["damaged"], (None, [], ""))
        size = sum(os.path.getsize(os.path.join(self.models, "f32", n)) for n in os.listdir(rows["f32"]["path"]))
        self.assertEqual(rows["f32"]["size"], size)

    def test_info(self):
        archive = os.path.join(self.model("archive"), "ViT-tiny.pt")
        for path, family, dim, side, provenance in (
            (self.model("f32"), "clip", 17, 35, ""),
            (self.model("shards"), "clip", 21, 40, ""),
            (self.model("openai"), "openai-clip", openai_model.DIM, 24, "model.safetensors"),
            (archive, "openai-clip", 27, 23, "ViT-tiny.pt"),
            (self.model("archive"), "openai-clip", 27, 23, "ViT-tiny.pt"),
            (self.model("ruclip"), "ruclip", 19, 23, ""),
        ):
            o = self.ok("model", "info", path, "--json").json()
            self.assertEqual(set(o), harness.MODEL_INFO_KEYS)
            self.assertEqual(
                (o["name"], o["path"], o["family"], o["dim"], o["image_size"], o["precision"], o["provenance"]),
                (path, path, family, dim, side, "f32", provenance),
            )
        o = self.ok("model", "info", self.model("openai"), "--json").json()
        shapes = openai_model.tensors(self.vocabulary).values()
        self.assertEqual(o["tensors"], len(shapes))
        self.assertEqual(o["parameters"], sum(int(numpy.prod(s)) for s in shapes))

    def test_the_origin_that_a_configuration_tells(self):
        folder = self.model("f32")
        with open(os.path.join(folder, "config.json")) as f:
            config = json.load(f)
        config["_name_or_path"] = "openai/clip\x1b[31m"
        self.file("models/f32/config.json", json.dumps(config))
        o = self.ok("model", "info", folder, "--json").json()
        self.assertEqual(o["provenance"], "openai/clip?[31m")

    def test_doctor_names_it(self):
        r = self.home.run("doctor", "--json", env={"IMAGEFINDER_MODEL": self.model("f32")})
        check = next(c for c in r.json()["checks"] if c["name"] == "model")
        self.assertTrue(check["ok"], check)
        self.assertIn(self.model("f32"), check["found"])


class Refusals(ModelCase):
    def folder(self, name, **files):
        path = os.path.join(self.models, name)
        os.mkdir(path)
        for file, content in files.items():
            self.file("models/%s/%s" % (name, file.replace("__", ".")), content)
        return path

    def test_other_architectures_are_named(self):
        for i, (files, found) in enumerate(
            (
                ({"config__json": '{"model_type": "siglip"}'}, "model_type siglip"),
                ({"config__json": '{"architecture": "convnext_tiny"}'}, "convnext_tiny"),
                ({"config__json": '{"hidden_size": 3}'}, "without a model_type"),
                ({"config__json": '{"model_type": 7}'}, "without a model_type"),
                ({"config__json": '{"model_type": "bert"}', "modules__json": "[]"}, "sentence-transformers"),
                ({"modules__json": "[]"}, "sentence-transformers"),
                ({"open_clip_config__json": "{}"}, "open_clip"),
                ({"config__json": '{"model_type": "%s"}' % ("x" * 5000)}, "xxx"),
            )
        ):
            folder = self.folder("m%d" % i, **files)
            for args in (
                ["model", "info", folder],
                ["index", self.home.pictures, "--model", folder],
                ["search", "cat", "--model", folder],
                ["embed", "--text", "cat", "--out", self.out, "--model", folder],
                ["tokenize", "cat", "--model", folder],
            ):
                self.fails(3, *args, naming=(found, folder, "CLIP"))

    def test_folders_that_are_no_model(self):
        bad = self.folder("bad", config__json="{")
        empty = self.folder("empty")
        self.fails(3, "model", "info", bad, naming="config.json")
        self.fails(3, "model", "info", empty, naming=(empty, "no weights"))
        self.fails(3, "model", "info", self.home.path("nowhere"), naming="nowhere")
        self.fails(3, "model", "info", "/dev/null", naming="/dev/null")
        self.fails(3, "model", "info", harness.make_picture(self.home.path("a.png")), naming="a.png")

    def test_a_folder_named_like_a_file(self):
        folder = self.model("archive", to="ViT-tiny.pt")
        o = self.ok("model", "info", folder, "--json").json()
        self.assertEqual((o["family"], o["path"]), ("openai-clip", folder))

    def test_two_sets_of_weights(self):
        folder = self.model("f32")
        shutil.copy(os.path.join(self.model("f16"), "pytorch_model.bin"), folder)
        self.fails(3, "model", "info", folder, naming=("model.safetensors", "pytorch_model.bin"))
        o = self.ok("model", "info", os.path.join(folder, "model.safetensors"), "--json").json()
        self.assertEqual(o["dim"], 17)
        self.fails(3, "model", "info", os.path.join(folder, "pytorch_model.bin"), naming="pytorch_model.bin")

    def test_the_starter_by_its_file(self):
        starter = self.ok("model", "info", "starter", "--json").json()["path"]
        o = self.ok("model", "info", os.path.join(starter, "model.safetensors"), "--json").json()
        self.assertEqual((o["family"], o["path"]), ("imagefinder-starter", starter))

    def test_tokens_of_a_model_without_them(self):
        self.fails(2, "tokenize", "cat", naming="starter")
        self.fails(2, "tokenize", "--model", self.model("f32"), naming="at least one text")
        self.fails(2, "tokenize", "--model", "nowhere", "cat", naming="nowhere")
        self.fails(2, "tokenize", "--model", self.model("f32"), "cat", b"\xff", naming="UTF-8")

    def test_a_missing_tokenizer(self):
        files = harness.make_pictures(self.home.pictures, 2)
        for model, gone, naming in (
            ("f32", ("vocab.json", "tokenizer.json"), "vocab.json"),
            ("openai", ("bpe_simple_vocab_16e6.txt",), "bpe_simple_vocab_16e6.txt"),
            ("ruclip", ("bpe.model",), "bpe.model"),
        ):
            folder = self.model(model)
            for name in gone:
                os.remove(os.path.join(folder, name))
            r = self.ok("index", self.home.pictures, "-c", model, "--model", folder)
            self.assertRegex(r.out, r"note: .*%s" % naming)
            self.assertEqual(self.home.search("@" + files[1], "-c", model)["results"][0]["path"], files[1])
            self.fails(3, "search", "cat", "-c", model, naming=(naming, folder))
            self.fails(3, "tokenize", "cat", "--model", folder, naming=(naming, folder))
            self.ok("model", "info", folder)

    def test_tokenizer_json_is_enough(self):
        folder = self.model("f32")
        row = next(r for r in expected() if r["model"] == "f32" and "text" in r)
        os.remove(os.path.join(folder, "vocab.json"))
        found = self.embed(folder, "--text", row["text"])[0]
        self.assertLess(numpy.abs(found - row["vector"]).max(), NEAR)

    def test_a_damaged_tokenizer_is_told_before_the_work(self):
        harness.make_pictures(self.home.pictures, 2)
        folder = self.model("f32")
        self.file("models/f32/vocab.json", "{")
        for args in (
            ["index", self.home.pictures, "--model", folder],
            ["model", "info", folder],
            ["tokenize", "cat", "--model", folder],
        ):
            self.fails(3, *args, naming="vocab.json")

    def broken(self, name, **change):
        """OpenAI's tiny model with other numbers in some tensors."""
        folder = self.model("openai", to=name)
        openai_model.write_weights(os.path.join(folder, "model.safetensors"), self.vocabulary, change)
        return folder

    def test_weights_that_give_no_vectors(self):
        a = harness.make_picture(self.home.path("a.png"), 1)
        zero = numpy.zeros((openai_model.WIDTH, openai_model.DIM), numpy.float32)
        folder = self.broken("zero", **{"visual.proj": zero, "text_projection": zero})
        for what in (["--text", "cat"], ["--picture", a]):
            self.fails(3, "embed", *what, "--out", self.out, "--model", folder, naming=folder)
        self.assertFalse(os.path.exists(self.out))
        report = self.home.index("-c", "zero", "--model", folder)
        self.assertEqual((report["added"], report["failed"]), (0, 1))
        # it was the model's fault: another one takes the same picture
        self.assertEqual(self.home.index("-c", "good", "--model", self.model("openai"))["added"], 1)

    def test_weights_that_are_no_numbers_end_the_run(self):
        harness.make_pictures(self.home.pictures, 3)
        nan = numpy.full((openai_model.WIDTH, openai_model.DIM), numpy.nan, numpy.float32)
        folder = self.broken("nan", **{"visual.proj": nan})
        self.fails(3, "index", self.home.pictures, "--model", folder, naming="visual.proj")
        self.assertEqual(self.home.items(), 0)


class Remembered(ModelCase):
    """The home remembers a model's space, so that a search by words reads no picture tower."""

    def setUp(self):
        super().setUp()
        harness.make_pictures(self.home.pictures, 2)

    def prepare(self, model, weights):
        """An index with a model; its weights' file and the one file of the memory."""
        folder = self.model(model)
        self.home.index("-c", "c", "--model", folder)
        cache = os.path.join(self.home.home, "cache")
        self.assertEqual(len(os.listdir(cache)), 1)
        return os.path.join(folder, weights), os.path.join(cache, os.listdir(cache)[0])

    def change_picture_tower(self, weights, tensor, keep_date):
        """Turns one bit in the middle of the only place of these bytes."""
        at = os.stat(weights)
        with open(weights, "r+b") as f:
            data = f.read()
            where = data.index(tensor)
            f.seek(where + len(tensor) // 2)
            f.write(bytes([tensor[len(tensor) // 2] ^ 1]))
        later = 0 if keep_date else 1000
        os.utime(weights, ns=(at.st_atime_ns, at.st_mtime_ns + later))
        self.assertEqual(os.stat(weights).st_size, at.st_size)

    def tensor(self):
        return openai_model.values("visual.proj", (openai_model.WIDTH, openai_model.DIM)).tobytes()

    def test_it_is_used(self):
        weights, _ = self.prepare("openai", "model.safetensors")
        before = self.home.search("cat", "-c", "c")["results"]
        self.change_picture_tower(weights, self.tensor(), keep_date=True)
        self.assertEqual(self.home.search("cat", "-c", "c")["results"], before)

    def test_it_does_not_outlive_the_weights(self):
        weights, _ = self.prepare("openai", "model.safetensors")
        self.change_picture_tower(weights, self.tensor(), keep_date=False)
        self.fails(4, "search", "cat", "-c", "c", naming="was indexed with an earlier version of the model")
        self.assertEqual(self.home.index("-c", "c")["added"], 2)
        self.assertEqual(len(self.home.search("cat", "-c", "c")["results"]), 2)

    def test_nor_the_configuration(self):
        weights, _ = self.prepare("f32", "model.safetensors")
        path = os.path.join(os.path.dirname(weights), "preprocessor_config.json")
        with open(path) as f:
            config = json.load(f)
        config["resample"] = 2
        with open(path, "w") as f:
            json.dump(config, f)
        self.fails(4, "search", "cat", "-c", "c", naming="was indexed with an earlier version of the model")

    def test_a_damaged_memory_is_none(self):
        _, memory = self.prepare("openai", "model.safetensors")
        with open(memory, "rb") as f:
            good = f.read()
        wrong = [good[:n] for n in (0, 1, 30, len(good) - 1)] + [good + b"x", b"\0" * 300, good * 3]
        for i in range(0, len(good), 7):
            wrong.append(good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :])
        for content in wrong:
            with open(memory, "wb") as f:
                f.write(content)
            self.assertEqual(len(self.home.search("cat", "-c", "c")["results"]), 2)
            with open(memory, "rb") as f:
                self.assertEqual(f.read(), good, "it was written anew")

    def test_a_memory_that_cannot_be_kept(self):
        _, memory = self.prepare("openai", "model.safetensors")
        cache = os.path.dirname(memory)
        shutil.rmtree(cache)
        open(cache, "w").close()  # no folder can be made there
        self.assertEqual(len(self.home.search("cat", "-c", "c")["results"]), 2)
        os.remove(cache)
        self.assertEqual(len(self.home.search("cat", "-c", "c")["results"]), 2)
        self.assertEqual(os.listdir(cache), [os.path.basename(memory)], "and nothing else is left there")

    def test_nothing_is_made_without_a_home(self):
        shutil.rmtree(self.home.home, ignore_errors=True)
        self.ok("embed", "--text", "cat", "--out", self.out, "--model", self.model("openai"))
        r = self.home.run("search", "cat", "--model", self.model("openai"))
        self.assertEqual(r.status, 1, str(r))
        self.assertFalse(os.path.exists(self.home.home))

    def test_checksums_of_an_archive_are_computed_once(self):
        weights, _ = self.prepare("ruclip", "pytorch_model.bin")
        with open(weights, "rb") as f:
            data = f.read()
        tensor = data[data.index(b"PK\x03\x04", len(data) // 2) - 2000 :][:1000]  # inside some tensor
        self.change_picture_tower(weights, tensor, keep_date=True)
        self.ok("search", "кот", "-c", "c")
        at = os.stat(weights)
        os.utime(weights, ns=(at.st_atime_ns, at.st_mtime_ns + 1000))
        self.fails(3, "search", "кот", "-c", "c", naming="pytorch_model.bin")

    def test_the_starter_is_remembered_too(self):
        self.home.index()
        self.assertEqual(len(os.listdir(os.path.join(self.home.home, "cache"))), 1)


if __name__ == "__main__":
    sys.exit(harness.main())
