"""All texts of the training, what they are called in the other language, and which classes and emoji they name.

Items are the 1,000 classes (0..999) and then the emoji. A text is a lower-case string; its labels are the items it names."""
import re

import numpy as np

import e5
import emoji
import lexicon
from wordnet import WordNet

CONCRETE = {5, 6, 8, 13, 17, 19, 20}  # WordNet's files: animal, artifact, body, food, object, phenomenon, plant
EMOJI_FILES = {"Animals & Nature": {5, 20, 17, 19, 13}, "Food & Drink": {13, 20, 6}, "Travel & Places": {6, 17, 15, 19}, "Activities": {6, 4}, "Objects": {6, 17, 13, 8}}
RUSSIAN = re.compile("[а-яё]")


def is_russian(text):
    return bool(RUSSIAN.search(text))


def emoji_synset(item, wn, known):
    """The synset an emoji shows, by its English name; known = synsets at or below the classes."""
    allowed = EMOJI_FILES.get(item["category"])
    if not allowed:
        return None
    name = re.sub(" face$", "", item["en"][0])
    for form in (name, name.split()[-1], name.split(" with ")[0].split()[-1]):
        senses = [s for s in wn.senses(form)[:6] if wn.lexfile[s] in allowed]
        for s in senses[:4]:
            if s in known:
                return s
        if senses:
            return senses[0]
    return None


class Corpus:
    def __init__(self):
        self.wn = wn = WordNet()
        self.classes, self.emoji = lexicon.classes(), emoji.items()
        self.class_index = {c[0]: i for i, c in enumerate(self.classes)}
        self.items = len(self.classes) + len(self.emoji)
        self.labels = {}        # text -> {item: weight}
        self.item_texts = [[] for _ in range(self.items)]  # (text, weight): what a picture of the item is called
        self.translations = {}  # Russian text -> {English text: weight}
        self.super = {}         # text -> number of sources: names of nodes and concepts

        under_class = {}
        for i, (wnid, _, _) in enumerate(self.classes):
            for s in wn.below(wnid):
                under_class.setdefault(s, set()).add(i)
        self.emoji_synsets = [emoji_synset(e, wn, under_class) for e in self.emoji]
        at = {}  # synset -> items at it
        for i, (wnid, _, _) in enumerate(self.classes):
            at.setdefault(wnid, set()).add(i)
        for i, s in enumerate(self.emoji_synsets):
            if s:
                at.setdefault(s, set()).add(1000 + i)
        self.below = {}  # synset -> items at it or below it
        for s, items in at.items():
            for a in [s] + list(wn.ancestors(s)):
                self.below.setdefault(a, set()).update(items)

        for i, (wnid, en, ru) in enumerate(self.classes):
            self._names({i} | (self.below[wnid] if wnid in self.below else set()), en, ru, own=i)
        for i, e in enumerate(self.emoji):
            self._names({1000 + i}, e["en"], e["ru"], own=1000 + i, first=4.0)
        for wnid, en, ru in lexicon.nodes():
            self._names(self.below.get(wnid, ()), en, ru)
            for t in en + ru:
                self.super[t] = self.super.get(t, 0) + 1
        for en, ru, wnids in lexicon.concepts():
            items = set().union(*[self.below.get(w, set()) for w in wnids]) if wnids else set()
            self._names(items, en, ru)
            if items:
                for t in en + ru:
                    self.super[t] = self.super.get(t, 0) + 1
        for en, ru in lexicon.words():
            self._names((), en, ru)

        # English only: WordNet's concrete nouns, each with the items of its nearest ancestor that has any.
        self.wordnet = {}
        for s, names in wn.names.items():
            if wn.lexfile[s] not in CONCRETE:
                continue
            names = [n for n in names[:3] if n == n.lower() and re.fullmatch("[a-z' -]{3,30}", n)]
            near = next((a for a in [s] + list(wn.ancestors(s)) if a in self.below), None)
            for n in names[:2]:
                if wn.senses(n)[:2].count(s):
                    self.wordnet.setdefault(n, near)

    def _names(self, items, en, ru, own=None, first=2.0):
        for names in (en, ru):
            for k, t in enumerate(names):
                row = self.labels.setdefault(t, {})
                for i in items:
                    row[i] = 1.0
                if own is not None:
                    self.item_texts[own].append((t, first if k == 0 else 1.0))
        for r in ru:
            row = self.translations.setdefault(r, {})
            for k, e in enumerate(en):
                row[e] = row.get(e, 0) + 1 / (1 + 0.1 * k)

    def texts(self):
        """Texts of the lexicon and CLDR."""
        return sorted(self.labels)

    def phrases(self, seed=3):
        """[(phrase, the noun it is about)]: templates around the names, both languages."""
        rng = np.random.default_rng(seed)
        nouns = {False: [], True: []}
        for t in self.texts():
            if len(t.split()) <= 2:
                nouns[is_russian(t)].append(t)
        templates = {
            False: "red {};green {};blue {};yellow {};black {};white {};brown {};pink {};small {};big {};old {};{} on a table;{} in the forest;{} on grass;"
                   "{} on water;{} in the snow;{} in the sky;two {};many {};beautiful {};toy {};{} close up;{} at night;drawing of a {};wooden {};young {}".split(";"),
            True: "красный {};зелёная {};синий {};жёлтая {};чёрный {};белая {};коричневый {};розовая {};маленький {};большая {};старый {};{} на столе;{} в лесу;"
                  "{} на траве;{} на воде;{} в снегу;{} в небе;два {};много {};красивая {};игрушечный {};{} крупным планом;{} ночью;рисунок {};деревянный {};молодая {}".split(";"),
        }
        out = []
        for russian in (False, True):
            for _ in range(5000):
                noun = nouns[russian][rng.integers(len(nouns[russian]))]
                out.append((templates[russian][rng.integers(len(templates[russian]))].format(noun), noun))
        return out

    def vocabulary(self):
        """Further words of both languages, from the teacher's own tokenizer: known words for the student."""
        pieces = [w.lower() for w in e5.vocabulary()]
        russian = [w for w in dict.fromkeys(pieces) if re.fullmatch("[а-яё]{4,}", w)]
        english = [w for w in dict.fromkeys(pieces) if re.fullmatch("[a-z]{3,}", w) and self.wn.senses(w)]
        return english + russian
