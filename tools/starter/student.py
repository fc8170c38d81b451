"""The hashed-word text tower, taught to give the teacher's vectors (section 2 of the study, step 9), colours, and the axis of unknown words."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import artefact
import corpus as corpora
import forms
import text as rules
from space import unit

FILLERS = {  # words that change nothing: (before, after)
    False: (["a", "a", "an", "the", "some", "my", "this is a", "photo of a", "a photo of", "photos of", "picture of", "pictures of", "image of a", "photo", "one", "many"],
            ["photo", "picture", "image", "pictures", "close-up"]),
    True: (["фото", "фото:", "фотки", "фотография", "фотографии", "картинка", "картинка:", "картинки", "изображение", "это", "мой", "моя", "один", "одна", "снимок",
            "снимки", "фото с", "картинка с", "много"],
           ["фото", "картинка", "картинки", "фотографии", "на фото"]),
}
JOINS = {False: ["and", "with a", ""], True: ["и", "с", ""]}
PURE, PHRASE = 0.85, 0.4    # share of the colour in the vector of a colour's name, and of "colour thing"
SCENE, INSIDE = 0.65, 0.25  # of a word that implies colours ("night"), and of a name or phrase that such a word is part of ("red fox")
SHOWN, SHOWN_GROUP = 0.2, 0.4  # how much a name is drawn to the mean of the pictures it names
UNKNOWN_WORD = 0.35       # share of the unknown axis for words of the vocabulary that nothing here pictures


class Tower(nn.Module):
    def __init__(self, known, width=192, hidden=512, dim=artefact.DIM):
        """known: the words that have a row of their own, as far as slots tell them apart."""
        super().__init__()
        self.known = rules.known_slots(known)
        rows = rules.WORD_ROWS + rules.NGRAM_ROWS
        self.table = nn.Parameter(torch.randn(rows, width) * 0.05)
        self.pool = nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, dim, bias=False)
        self.mlp0 = nn.Linear(width, hidden)
        self.mlp1 = nn.Linear(hidden, dim)
        nn.init.normal_(self.mlp1.weight, 0, 0.02)
        self.cache = {}

    def rows(self, word):
        """(row of the whole word, whether it is known, rows of its parts)"""
        if word not in self.cache:
            slot, n = rules.word_rows(word)
            row, bit = divmod(slot, rules.SLOTS)
            self.cache[word] = (row, float(self.known[row] >> bit & 1), np.array(n, np.int64))
        return self.cache[word]

    def forward(self, batch, rng=None, drop_word=0.0, drop_row=0.0):
        """batch: lists of folded words. drop_word leaves out words, drop_row the rows of whole words (their n-grams must do)."""
        words, counts = [], []
        for row in batch:
            if rng is not None and len(row) > 2:
                row = [w for w in row if rng.random() >= drop_word] or row[:1]
            words += row
            counts.append(len(row))
        pairs = [self.rows(w) for w in words]
        whole = torch.from_numpy(np.array([p[0] for p in pairs]))
        flat = torch.from_numpy(np.concatenate([p[2] for p in pairs]))
        offsets = torch.from_numpy(np.cumsum([0] + [len(p[2]) for p in pairs[:-1]]))
        kept = np.array([p[1] for p in pairs], np.float32)
        if rng is not None and drop_row:
            kept = kept * (rng.random(len(words)) >= drop_row).astype(np.float32)
        e = F.embedding(whole, self.table, sparse=True) * torch.from_numpy(kept)[:, None]
        v = e + F.embedding_bag(flat, self.table, offsets, mode="mean", sparse=True)
        weight = torch.exp(torch.clamp(v @ self.pool, max=30))[:, None]
        owner = torch.from_numpy(np.repeat(np.arange(len(batch)), counts))
        total = torch.zeros(len(batch), 1).index_add(0, owner, weight)
        h = torch.zeros(len(batch), v.shape[1]).index_add(0, owner, weight * v) / total
        return F.normalize(self.proj(h) + self.mlp1(torch.relu(self.mlp0(h))), dim=1)


def prototypes(corpus, owners, vectors):
    """{text: the mean of the pictures that the text names, less the mean of all, unit vector [concept + learned]}."""
    known = artefact.CONCEPT + artefact.LEARNED
    sums = np.zeros((corpus.items, known))
    np.add.at(sums, owners, vectors[:, :known])
    items = unit(sums)
    items = unit(items - items[np.abs(items).sum(1) > 0].mean(0))
    out = {}
    for t, row in corpus.labels.items():
        if row and len(row) <= 900:
            at, weights = np.array(list(row)), np.array(list(row.values()))
            out[t] = unit((weights[:, None] * items[at]).sum(0))
    return out


def meanings(corpus, z, heads, concept_weight, shown, own_share=0.5):
    """{text: what it means, unit vector [concept + learned]}. A Russian name is also drawn to its English translations, and a
    name of pictures to their prototype (shown)."""
    texts = list(z)
    zs = np.stack([z[t] for t in texts])
    with torch.no_grad():
        learned = np.concatenate([heads.text(torch.from_numpy(zs[i:i + 4096])).numpy() for i in range(0, len(zs), 4096)])
    mix = np.concatenate([np.sqrt(concept_weight) * zs, np.sqrt(1 - concept_weight) * learned], 1)
    out = dict(zip(texts, mix))
    drawn = {}
    for r, row in corpus.translations.items():
        english = [e for e in row if e in out]
        if r in out and english:
            weights = np.array([row[e] for e in english]) * np.exp(8 * np.array([float(z[e] @ z[r]) for e in english]))
            drawn[r] = unit(own_share * out[r] + (1 - own_share) * unit((weights[:, None] * np.stack([out[e] for e in english])).sum(0) / weights.sum()))
    # An English name is drawn a little to its Russian names and to the other English names beside them.
    beside = {}
    for r, row in corpus.translations.items():
        if r in out:
            for e, weight in row.items():
                others = beside.setdefault(e, {})
                others[r] = others.get(r, 0) + weight
                for f in row:
                    if f != e and len(row) <= 40:
                        others[f] = others.get(f, 0) + 0.3 * row[f]
    for e, row in beside.items():
        if e in out:
            names = [n for n in row if n in out]
            weights = np.array([row[n] for n in names]) * np.exp(8 * np.array([float(z[e] @ z[n]) for n in names]))
            drawn[e] = unit(0.6 * out[e] + 0.4 * unit((weights[:, None] * np.stack([out[n] for n in names])).sum(0) / weights.sum()))
    out.update(drawn)
    for t, prototype in shown.items():
        share = SHOWN_GROUP if len(corpus.labels[t]) > 3 else SHOWN
        out[t] = unit((1 - share) * out[t] + share * prototype)
    for phrase, noun in list(corpus.heads.items()) + corpus.phrases():
        out[phrase] = unit(0.5 * out[phrase] + 0.5 * out[noun])
    return out


def vector(meaning, colour=None, share=0.0, unknown=0.0):
    """The vector of a text: shares are of its squared length."""
    out = np.zeros(artefact.DIM, np.float32)
    known = artefact.CONCEPT + artefact.LEARNED
    out[:known] = np.sqrt(max(1 - share - unknown, 0)) * meaning
    if colour is not None:
        out[known:known + artefact.COLOUR] = np.sqrt(share) * colour
    out[-1] = np.sqrt(unknown)
    return out


class Nonsense:
    """Strings that mean nothing: letters at random, shuffled words, hands on the keyboard, a word typed in the other layout."""

    def __init__(self, texts):
        self.words = [w for t in texts for w in rules.words(t) if len(w) > 2]
        self.letters = {r: [w for w in self.words if corpora.is_russian(w) == r] for r in (False, True)}
        self.known = set(self.words)

    def __call__(self, rng):
        russian = bool(rng.random() < 0.5)
        pool = self.letters[russian]
        kind, source = rng.random(), pool[rng.integers(len(pool))]
        if kind < 0.3:
            alphabet = "абвгдежзийклмнопрстуфхцчшщъыьэюя" if russian else "abcdefghijklmnopqrstuvwxyz"
            word = "".join(alphabet[rng.integers(len(alphabet))] for _ in range(rng.integers(3, 11)))
        elif kind < 0.5:
            word = "".join(rng.permutation(list(source)))
        elif kind < 0.75:
            rows = ["йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"] if russian else ["qwertyuiop", "asdfghjkl", "zxcvbnm"]
            row = rows[rng.integers(len(rows))]
            at, n = rng.integers(0, len(row) - 3), rng.integers(3, 8)
            word = row[at:at + n] if rng.random() < 0.5 else "".join(row[rng.integers(len(row))] for _ in range(n))
            word = word[::-1] if rng.random() < 0.2 else word
        else:
            word = "".join(rules.words(forms.keyboard(source))) or "qwzx"
        if word in self.known:
            return self(rng)
        return [word] if rng.random() < 0.75 else [word] + self(rng)[:1]


class Speech:
    """Draws texts as people type them: [words], and the vector that they should get."""

    def __init__(self, corpus, meaning, seed):
        self.rng = rng = np.random.default_rng(seed)
        self.colours = [(rules.words(t), v, s, r) for t, v, s, r, kind in corpus.colours if kind == "colour" and rules.words(t)]
        tinted = {t: (v, PURE if kind == "colour" else SCENE * s) for t, v, s, _, kind in corpus.colours}
        tints = {rules.words(t)[0]: (v, INSIDE if kind == "colour" else INSIDE * s)
                 for t, v, s, _, kind in corpus.colours if len(rules.words(t)) == 1}
        named = {t for t, row in corpus.labels.items() if row}
        known, phrases = set(corpus.texts()), {p for p, _ in corpus.phrases()}
        texts = [t for t in sorted(meaning) if rules.words(t)]
        self.goal, self.words, self.russian, self.plain, weights = [], [], [], [], []
        for t in texts:
            inside = [tints[w] for w in rules.words(t) if w in tints]
            colour, share = tinted[t] if t in tinted else inside[0] if inside else (None, 0.0)
            if share == PURE and t in named:  # an orange is a fruit, too
                share = 0.4
            unknown = 0.0 if t in known or t in phrases else 0.1 if t in corpus.wordnet else UNKNOWN_WORD
            self.goal.append(vector(meaning[t], colour, share, unknown))
            self.words.append(rules.words(t))
            self.russian.append(corpora.is_russian(t))
            self.plain.append(t in known or t in corpus.wordnet)
            weights.append(3 + 3 * (t in corpus.super) + 4 * (t in tinted) if t in known else 1 if t in phrases else 0.4 if t in corpus.wordnet else 0.3)
            if t in corpus.heads:
                weights[-1] = 1.5
        self.goal = np.stack(self.goal)
        self.weights = np.array(weights) / sum(weights)
        things = [i for i, t in enumerate(texts) if self.plain[i] and t not in tinted and len(self.words[i]) <= 2]
        self.things = {r: np.array([i for i in things if self.russian[i] == r]) for r in (False, True)}
        self.by_language = {r: [c for c in self.colours if c[3] == r] for r in (False, True)}
        self.nonsense = Nonsense([t for t in texts if t in known])
        self.nothing = vector(np.zeros(artefact.CONCEPT + artefact.LEARNED, np.float32), unknown=1.0)
        self.order = np.zeros(0, np.int64)
        self.size = len(texts)

    def other(self, i, goal):
        """The text i as somebody else would type it: in another form, of a colour, together with something else, with a slip, in a phrase that adds nothing."""
        rng, words, russian = self.rng, list(self.words[i]), self.russian[i]
        if russian and rng.random() < 0.35:
            at = rng.integers(len(words))
            words[at] = self.form(words[at])
        elif not russian and rng.random() < 0.1:
            words[-1] = words[-1][:-1] if words[-1].endswith("s") and len(words[-1]) > 3 else words[-1] + "s"
        if rng.random() < 0.22:
            long = [k for k, w in enumerate(words) if len(w) >= 5]
            if long:
                at = long[rng.integers(len(long))]
                words = words[:at] + rules.words(forms.typo(words[at], rng)) + words[at + 1:]
        kind = rng.random()
        if kind < 0.22:
            before, after = FILLERS[russian]
            if rng.random() < 0.75:
                words = rules.words(before[rng.integers(len(before))]) + words
            else:
                words = words + rules.words(after[rng.integers(len(after))])
        elif kind < 0.3:
            j = self.things[russian][rng.integers(len(self.things[russian]))]
            words, goal = words + rules.words(JOINS[russian][rng.integers(3)]) + self.words[j], unit(1.1 * goal + self.goal[j])
        elif kind < 0.42 and len(words) <= 2 and goal[-1] == 0 and not goal[-1 - artefact.COLOUR:-1].any():
            colour = self.by_language[russian][rng.integers(len(self.by_language[russian]))]
            thing = unit(goal[:artefact.CONCEPT + artefact.LEARNED])
            words, goal = (colour[0] + words if rng.random() < 0.85 else words + colour[0]), vector(thing, colour[1], PHRASE)
        return words, goal

    def form(self, word):
        made = forms.forms(word)
        if self.rng.random() < 0.2:
            made = forms.diminutives(word) or made
        return (rules.words(made[self.rng.integers(len(made))]) or [word])[0] if made else word

    def batch(self, n):
        if len(self.order) < n:
            self.order = self.rng.choice(self.size, 200 * n, p=self.weights)
        chosen, self.order = self.order[:n], self.order[n:]
        rows, goals = [], []
        for i in chosen:
            if self.rng.random() < 0.06:
                words, goal = self.nonsense(self.rng), self.nothing
            elif self.plain[i]:
                words, goal = self.other(i, self.goal[i])
            else:
                words, goal = self.words[i], self.goal[i]
            rows.append(words)
            goals.append(goal)
        return rows, torch.from_numpy(np.stack(goals).astype(np.float32))


def train(corpus, meaning, images, steps=6000, batch=384, seed=9, log=print):
    """images: [n, DIM] vectors of pictures: the student must order them as the teacher does."""
    torch.manual_seed(seed)
    speech = Speech(corpus, meaning, seed)
    log(f"student: {speech.size} texts")
    images = torch.from_numpy(images)
    tower = Tower({w for words in speech.words for w in words})
    sparse = torch.optim.SparseAdam([tower.table], lr=0.015)
    dense = torch.optim.Adam([p for n, p in tower.named_parameters() if n != "table"], lr=2e-3)
    rng = np.random.default_rng(seed + 1)
    for step in range(steps):
        fall = max(1 - step / steps, 0.02)
        sparse.param_groups[0]["lr"], dense.param_groups[0]["lr"] = 0.015 * fall, 2e-3 * fall
        rows, goals = speech.batch(batch)
        out = tower(rows, rng, 0.08, 0.4)
        cosine = (out * goals).sum(1)
        some = images[torch.from_numpy(rng.choice(len(images), 1500, False))]
        p = F.softmax(18 * goals @ some.T, 1)
        kl = (p * (torch.log(p + 1e-9) - F.log_softmax(18 * out @ some.T, 1))).sum(1)
        scores = 15 * out @ goals.T
        same = (goals @ goals.T > 0.9) & ~torch.eye(len(rows), dtype=torch.bool)
        contrast = F.cross_entropy(scores.masked_fill(same, -1e4), torch.arange(len(rows)))
        loss = (1 - cosine).mean() + 0.5 * kl.mean() + 0.1 * contrast
        sparse.zero_grad()
        dense.zero_grad()
        loss.backward()
        sparse.step()
        dense.step()
        if step % 100 == 0 or step == steps - 1:
            log(f"student {step}: cosine {float(cosine.mean()):.3f} kl {float(kl.mean()):.3f} contrast {float(contrast):.3f}")
    return tower
