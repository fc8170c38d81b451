"""What is on this machine: doctor, model list, model info."""

import os
import re
import sys

import harness
from harness import Case

CHECKS = {"decoder", "sandbox", "processor", "memory", "disk", "home", "model"}


class Doctor(Case):
    def report(self, *args, **options):
        """The report as JSON, after comparing it with the status and with what people read."""
        r = self.home.run("doctor", "--json", *args, **options)
        o = r.json()
        self.assertEqual(set(o), {"ok", "checks"})
        for c in o["checks"]:
            self.assertEqual(set(c), harness.CHECK_KEYS)
            self.assertTrue(c["found"], c)
            self.assertTrue(c["ok"] or c["advice"], "what is amiss has advice: %s" % c)
        self.assertEqual(o["ok"], all(c["ok"] for c in o["checks"]))
        self.assertEqual(r.status, 0 if o["ok"] else 4, str(r))
        checks = {c["name"]: c for c in o["checks"]}
        self.assertEqual(set(checks), CHECKS)
        self.assertEqual(len(o["checks"]), len(CHECKS))
        if o["ok"]:
            self.assertEqual(r.err, "")
        else:
            first = next(c["name"] for c in o["checks"] if not c["ok"])
            amiss = sum(not c["ok"] for c in o["checks"])
            self.assertIn("%d of %d checks" % (amiss, len(CHECKS)), r.err)
            self.assertIn("'%s'" % first, r.err)
        return o, checks

    def test_nothing_is_created(self):
        self.report()
        self.assertFalse(os.path.exists(self.home.home))

    def test_what_people_read(self):
        o, checks = self.report()
        r = self.home.run("doctor")
        self.assertEqual(r.status, 0 if o["ok"] else 4, str(r))
        rows = re.findall(r"^(ok|attention) +(\w+): (.+)$", r.out, re.M)
        self.assertEqual({name for _, name, _ in rows}, CHECKS, r.out)
        self.assertEqual({name: word == "ok" for word, name, _ in rows}, {n: c["ok"] for n, c in checks.items()})
        self.assertEqual(r.out.count("what to do: "), sum(bool(c["advice"]) for c in o["checks"]))
        self.assertEqual("all is well" in r.out, o["ok"])

    def test_a_decoder_that_is_not_there(self):
        o, checks = self.report(env={"IMAGEFINDER_DECODE": self.home.path("nowhere")})
        self.assertFalse(checks["decoder"]["ok"])
        self.assertIn("imagefinder-decode", checks["decoder"]["advice"])
        self.assertFalse(o["ok"])

    def test_a_model_that_is_not_there(self):
        _, checks = self.report(env={"IMAGEFINDER_MODEL": "./nowhere"})
        self.assertFalse(checks["model"]["ok"])
        self.assertIn("nowhere", checks["model"]["found"])

    def test_a_home_that_cannot_be(self):
        with open(self.home.home, "w") as f:
            f.write("a file")
        r = self.home.run("doctor")
        self.assertIn(r.status, (3, 4), str(r))
        self.assertIn(self.home.home, r.err + r.out)


class Models(Case):
    def test_list(self):
        r = self.home.run("model", "list", "--json")
        self.assertEqual(r.status, 0, str(r))
        models = {m["name"]: m for m in r.json()["models"]}
        self.assertIn("starter", models)
        starter = models["starter"]
        self.assertEqual(set(starter), harness.MODEL_KEYS)
        self.assertIs(starter["here"], True)
        self.assertTrue(os.path.isdir(starter["path"]))
        self.assertEqual(sorted(starter["languages"]), ["en", "ru"])
        self.assertGreater(starter["dim"], 0)
        self.assertGreater(starter["size"], 10**6)
        r = self.home.run("model", "list")
        self.assertEqual((r.status, r.err), (0, ""), str(r))
        self.assertRegex(r.out, r"(?m)^starter: .*vectors of %d numbers, " % starter["dim"])
        self.assertIn(starter["path"], r.out)
        self.assertFalse(os.path.exists(self.home.home))

    def test_info(self):
        r = self.home.run("model", "info", "starter", "--json")
        self.assertEqual(r.status, 0, str(r))
        info = r.json()
        self.assertEqual(set(info), harness.MODEL_INFO_KEYS)
        self.assertEqual((info["name"], info["family"]), ("starter", "imagefinder-starter"))
        for key in ("dim", "image_size", "parameters", "tensors"):
            self.assertGreater(info[key], 0, key)
        by_folder = self.home.run("model", "info", info["path"], "--json").json()
        self.assertEqual((by_folder["dim"], by_folder["tensors"]), (info["dim"], info["tensors"]))
        r = self.home.run("model", "info", "starter")
        self.assertEqual((r.status, r.err), (0, ""), str(r))
        lines = [" ".join(line.split()) for line in r.out.splitlines()]
        for line in ("starter", "vectors: %d numbers" % info["dim"], "parameters: %d" % info["parameters"]):
            self.assertIn(line, lines)

    def test_a_model_that_is_not_there(self):
        for name, status in (("nowhere", 2), ("./nowhere", 3), ("../" * 20 + "etc/", 3), ("x" * 300, 2)):
            r = self.home.run("model", "info", name)
            self.assertEqual(r.status, status, str(r))
        self.assertFalse(os.path.exists(self.home.home))


if __name__ == "__main__":
    sys.exit(harness.main())
