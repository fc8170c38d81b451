"""WordNet 3.0 nouns: names, glosses and ancestors of the synsets (`n` + offset = the wnid of ImageNet)."""
import paths


class WordNet:
    def __init__(self, path=None):
        self.names, self.parents, self.gloss, self.lexfile = {}, {}, {}, {}
        with open(path or paths.work("wordnet", "usr", "share", "wordnet", "data.noun"), encoding="latin-1") as f:
            for line in f:
                if line.startswith("  "):
                    continue
                head, _, gloss = line.partition(" | ")
                p = head.split()
                wnid, count = "n" + p[0], int(p[3], 16)
                self.lexfile[wnid] = int(p[1])
                self.names[wnid] = [p[4 + 2 * i].replace("_", " ") for i in range(count)]
                at = 4 + 2 * count
                pointers = [p[at + 1 + 4 * i:at + 5 + 4 * i] for i in range(int(p[at]))]
                self.parents[wnid] = ["n" + q[1] for q in pointers if q[0] in ("@", "@i")]
                self.gloss[wnid] = gloss.strip()
        self.children = {}
        for child, parents in self.parents.items():
            for parent in parents:
                self.children.setdefault(parent, []).append(child)
        self._first = {}
        with open((path or paths.work("wordnet", "usr", "share", "wordnet", "data.noun")).replace("data.", "index."), encoding="latin-1") as f:
            for line in f:
                if not line.startswith("  "):
                    p = line.split()
                    senses = int(p[2])
                    self._first[p[0].replace("_", " ")] = ["n" + o for o in p[-senses:]]

    def senses(self, name):
        """Synsets of a name, the most frequent sense first."""
        name = name.lower()
        for form in (name, name[:-1] if name.endswith("s") else name, name[:-2] if name.endswith("es") else name):
            if form in self._first:
                return self._first[form]
        return []

    def ancestors(self, wnid):
        """{ancestor: distance}, nearest first."""
        seen, front, depth = {}, [wnid], 0
        while front:
            depth += 1
            front = [p for w in front for p in self.parents[w] if p not in seen]
            for p in front:
                seen.setdefault(p, depth)
        return seen

    def below(self, wnid):
        seen, front = {wnid}, [wnid]
        while front:
            front = [c for w in front for c in self.children.get(w, ()) if c not in seen]
            seen.update(front)
        return seen
