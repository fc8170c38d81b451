"""All texts of the training, what they are called in the other language, and which classes and emoji they name.

Items are the 1,000 classes (0..999) and then the emoji. A text is a lower-case string; its labels are the items it names."""
import re
import zlib

import colours
import e5
import emoji
import lexicon
from wordnet import WordNet

CONCRETE = {5, 6, 8, 13, 17, 19, 20}  # WordNet's files: animal, artifact, body, food, object, phenomenon, plant
RUSSIAN = re.compile("[а-яё]")


def is_russian(text):
    return bool(RUSSIAN.search(text))


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
        self.heads = {}         # phrase -> the name it is about

        shown = lexicon.emoji()
        self.emoji_synsets = [shown.get(e["en"][0]) for e in self.emoji]
        at = {}  # synset -> items at it
        for i, (wnid, *_) in enumerate(self.classes):
            at.setdefault(wnid, set()).add(i)
        for i, s in enumerate(self.emoji_synsets):
            if s:
                at.setdefault(s, set()).add(1000 + i)
        self.below = {}  # synset -> items at it or below it
        for s, items in at.items():
            for a in [s] + list(wn.ancestors(s)):
                self.below.setdefault(a, set()).update(items)

        for i, (wnid, en, ru, *phrases) in enumerate(self.classes):
            items = {i} | self.below.get(wnid, set())
            self._names(items, en, ru, own=i)
            self._phrases(items, (en, ru), phrases, own=i)
        for i, e in enumerate(self.emoji):
            self._names({1000 + i}, e["en"], e["ru"], own=1000 + i, first=4.0)
        for wnid, en, ru, *phrases in lexicon.nodes():
            self._group(self.below.get(wnid, set()), en, ru, phrases)
        for en, ru, wnids, *phrases in lexicon.concepts():
            items = {}  # the first wnids of a concept say most about it
            for k, w in enumerate(wnids):
                for i in self.below.get(w, ()):
                    items.setdefault(i, 1 / (1 + 0.1 * k))
            self._group(items, en, ru, phrases)
        for en, ru in lexicon.words():
            self._names((), en, ru)
        self.colours = []  # (words of one text, colour vector, strength, Russian?, kind)
        for kind, bins, strength, en, ru in lexicon.colours():
            self._names((), en, ru)
            for t in en + ru:
                self.colours.append((t, colours.mixture(bins), strength, is_russian(t), kind))

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
                    row[i] = max(row.get(i, 0), items[i] if isinstance(items, dict) else 1.0)
                if own is not None:
                    self.item_texts[own].append((t, first if k == 0 else 1.0))
        for r in ru:
            row = self.translations.setdefault(r, {})
            for k, e in enumerate(en):
                row[e] = row.get(e, 0) + 1 / (1 + 0.1 * k)

    def _phrases(self, items, names, phrases, own=None):
        """Phrases stand for the same items as the names; their head is the first name of their language."""
        for heads, row in zip(names, phrases):
            for t in row:
                labels = self.labels.setdefault(t, {})
                for i in items:
                    labels[i] = items[i] if isinstance(items, dict) else 1.0
                if heads and t not in heads:
                    self.heads.setdefault(t, heads[0])
                if own is not None:
                    self.item_texts[own].append((t, 0.3))

    def _group(self, items, en, ru, phrases):
        self._names(items, en, ru)
        self._phrases(items, (en, ru), phrases)
        if items:
            for t in en + ru:
                self.super[t] = self.super.get(t, 0) + 1

    def texts(self):
        """Texts of the lexicon and CLDR."""
        return sorted(self.labels)

    def phrases(self, share=6):
        """[(phrase, the noun it is about)]: templates around every sixth name, both languages. Which ones tells a checksum, so that a
        change of the lexicon leaves the others as they are."""
        templates = {
            False: "small {};big {};old {};{} on a table;{} in the forest;{} on grass;{} on water;{} in the snow;{} in the sky;two {};many {};beautiful {};toy {};"
                   "{} close up;drawing of a {};wooden {};young {};{} in a city;{} at home".split(";"),
            True: "маленький {};большая {};старый {};{} на столе;{} в лесу;{} на траве;{} на воде;{} в снегу;{} в небе;два {};много {};красивая {};игрушечный {};"
                  "{} крупным планом;рисунок {};деревянный {};молодая {};{} в городе;{} дома".split(";"),
        }
        out = []
        for noun in self.texts():
            chance = zlib.crc32(noun.encode())
            if len(noun.split()) <= 2 and noun not in self.heads and chance % share == 0:
                row = templates[is_russian(noun)]
                out.append((row[chance // share % len(row)].format(noun), noun))
        return out

    def vocabulary(self):
        """Further words of both languages, from the teacher's own tokenizer: known words for the student."""
        pieces = [w.lower() for w in e5.vocabulary()]
        russian = [w for w in dict.fromkeys(pieces) if re.fullmatch("[а-яё]{4,}", w)]
        english = [w for w in dict.fromkeys(pieces) if re.fullmatch("[a-z]{3,}", w) and self.wn.senses(w)]
        return english + russian
