"""The hashed-word text tower, taught to give the teacher's vectors (section 2 of the study, step 9)."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import corpus as corpora
import text as rules
from space import unit

FILLERS = {  # words that change nothing: (before, after)
    False: (["a", "a", "an", "the", "some", "my", "this is a", "photo of a", "a photo of", "picture of", "image of a", "photo", "one"], ["photo", "picture", "image", "pictures", "close-up"]),
    True: (["фото", "фото:", "фотография", "картинка", "картинка:", "изображение", "это", "мой", "моя", "один", "одна", "снимок"], ["фото", "картинка", "картинки", "фотографии", "на фото"]),
}
ENDINGS = [  # crude declension of Russian nouns: (ending, its other forms)
    ("ка", ("ки", "ку", "ке", "кой", "ок")), ("а", ("ы", "и", "у", "е", "ой", "")), ("ия", ("ии", "ию", "ией", "ий")), ("я", ("и", "ю", "е", "ей")),
    ("ие", ("ия", "ию", "ием", "ий")), ("о", ("а", "у", "ом", "е")), ("й", ("я", "и", "ю", "ем", "е")), ("ь", ("я", "и", "ю", "ем", "ью", "ей")),
    ("", ("а", "у", "ом", "е", "ы", "и", "ов", "ами", "ах")),
]


def inflected(word, rng):
    for ending, forms in ENDINGS:
        if word.endswith(ending):
            return word[:len(word) - len(ending)] + forms[rng.integers(len(forms))]


class Tower(nn.Module):
    def __init__(self, width=192, hidden=512, dim=512):
        super().__init__()
        rows = rules.WORD_ROWS + rules.NGRAM_ROWS
        self.table = nn.Parameter(torch.randn(rows, width) * 0.05)
        self.pool = nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, dim, bias=False)
        self.mlp0 = nn.Linear(width, hidden)
        self.mlp1 = nn.Linear(hidden, dim)
        nn.init.normal_(self.mlp1.weight, 0, 0.02)
        self.cache = {}

    def rows(self, word):
        if word not in self.cache:
            w, n = rules.word_rows(word)
            self.cache[word] = (w, np.array(n, np.int64))
        return self.cache[word]

    def forward(self, batch, rng=None, drop_word=0.0, drop_row=0.0):
        """batch: lists of folded words. drop_word leaves out words, drop_row the rows of whole words (their n-grams must do)."""
        words, counts = [], []
        for row in batch:
            if rng is not None and len(row) > 1:
                row = [w for w in row if rng.random() >= drop_word] or row[:1]
            words += row
            counts.append(len(row))
        pairs = [self.rows(w) for w in words]
        whole = torch.from_numpy(np.array([p[0] for p in pairs]))
        flat = torch.from_numpy(np.concatenate([p[1] for p in pairs]))
        offsets = torch.from_numpy(np.cumsum([0] + [len(p[1]) for p in pairs[:-1]]))
        e = F.embedding(whole, self.table, sparse=True)
        if rng is not None and drop_row:
            e = e * torch.from_numpy((rng.random(len(words)) >= drop_row).astype(np.float32))[:, None]
        v = e + F.embedding_bag(flat, self.table, offsets, mode="mean", sparse=True)
        weight = torch.exp(torch.clamp(v @ self.pool, max=30))[:, None]
        owner = torch.from_numpy(np.repeat(np.arange(len(batch)), counts))
        total = torch.zeros(len(batch), 1).index_add(0, owner, weight)
        h = torch.zeros(len(batch), v.shape[1]).index_add(0, owner, weight * v) / total
        return F.normalize(self.proj(h) + self.mlp1(torch.relu(self.mlp0(h))), dim=1)


def targets(corpus, z, heads, concept_weight, own_share=0.5):
    """{text: teacher vector of 512}. A Russian name is also drawn to its English translations."""
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
    for phrase, noun in corpus.phrases():
        out[phrase] = unit(0.5 * out[phrase] + 0.5 * out[noun])
    return out


def train(corpus, target, images, steps=1200, batch=384, seed=9, log=print):
    """images: [n, 512] unit vectors of pictures: the student must order them as the teacher does."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    known = set(corpus.texts())
    phrases = {p for p, _ in corpus.phrases()}
    entries = []  # (text, words, target, weight, russian, may be changed)
    for t in sorted(target):
        words = rules.words(t)
        if not words:
            continue
        if t in known:
            weight = 3 + 3 * (t in corpus.super)
        elif t in phrases:
            weight = 1
        elif t in corpus.wordnet:
            weight = 1
        else:
            weight = 0.6
        entries.append((words, weight, corpora.is_russian(t), t in known or t in corpus.wordnet))
    texts = [t for t in sorted(target) if rules.words(t)]
    goal = torch.from_numpy(np.stack([target[t] for t in texts]).astype(np.float32))
    weights = np.array([e[1] for e in entries])
    weights = weights / weights.sum()
    named = [np.array([i for i, e in enumerate(entries) if e[3] and e[2] == r]) for r in (False, True)]
    images = torch.from_numpy(images)
    tower = Tower()
    sparse = torch.optim.SparseAdam([tower.table], lr=0.015)
    dense = torch.optim.Adam([p for n, p in tower.named_parameters() if n != "table"], lr=2e-3)
    order = np.zeros(0, np.int64)
    for step in range(steps):
        fall = max(1 - step / steps, 0.02)
        sparse.param_groups[0]["lr"], dense.param_groups[0]["lr"] = 0.015 * fall, 2e-3 * fall
        if len(order) < batch:
            order = rng.choice(len(entries), 200 * batch, p=weights)
        chosen, order = order[:batch], order[batch:]
        rows, goals = [], goal[chosen].clone()
        for k, i in enumerate(chosen):
            words, _, russian, simple = entries[i]
            if simple:
                u = rng.random()
                if u < 0.25:
                    before, after = FILLERS[russian]
                    if rng.random() < 0.75:
                        words = rules.words(before[rng.integers(len(before))]) + words
                    else:
                        words = words + rules.words(after[rng.integers(len(after))])
                elif u < 0.37 and russian and len(words) == 1 and len(words[0]) > 3:
                    words = [inflected(words[0], rng)]
                elif u < 0.47:
                    j = named[russian][rng.integers(len(named[russian]))]
                    words = words + ([["и"], ["с"], []][rng.integers(3)] if russian else [["and"], ["with", "a"], []][rng.integers(3)]) + entries[j][0]
                    goals[k] = F.normalize(1.1 * goals[k] + goal[j], dim=0)
            rows.append(words)
        out = tower(rows, rng, 0.1, 0.1)
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
