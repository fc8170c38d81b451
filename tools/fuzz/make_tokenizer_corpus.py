#!/usr/bin/env python3
"""Writes tests/fuzz/corpus/{bpe_vocab,yttm,tokenizer_text}/: small files, good ones and one of each kind of damage."""
import gzip
import json
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PIECES = ["a", "b", "l", "o", "w", "e</w>", "b</w>", "a</w>", "ab", "ab</w>", "aba", "low", "lo", "Ġ", "Ñ",
          "<|startoftext|>", "<|endoftext|>"]
MERGES = ["a b", "a b</w>", "ab a", "l o", "lo w"]
SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def vocab(**changes):
    return {**{p: i for i, p in enumerate(PIECES)}, **changes}


def pair(words, merges):
    if not isinstance(words, (str, bytes)):
        words = json.dumps(words, ensure_ascii=False)
    words = words.encode() if isinstance(words, str) else words
    merges = merges if isinstance(merges, bytes) else "\n".join(["#version: 0.2"] + merges).encode() + b"\n"
    return b"v" + words + b"\0" + merges


def whole(model=None, **changes):
    model = {"type": "BPE", "unk_token": "<|endoftext|>", "continuing_subword_prefix": "", "end_of_word_suffix": "</w>",
             "fuse_unk": False, "vocab": vocab(), "merges": MERGES, **(model or {})}
    pre = {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": SPLIT}, "behavior": "Removed", "invert": True},
        {"type": "ByteLevel", "add_prefix_space": False}]}
    file = {"added_tokens": [{"id": 16, "content": "<|endoftext|>", "special": True}], "pre_tokenizer": pre,
            "model": model}
    file.update(changes)
    return b"j" + json.dumps(file, ensure_ascii=False, separators=(",", ":")).encode()


def bpe_vocab():
    yield "v_good", pair(vocab(), MERGES)
    yield "v_crlf", pair(vocab(), b"#version: 0.2\r\na b\r\nl o\r\n")
    yield "v_no_merges", pair(vocab(), [])
    yield "v_no_merges_file", b"v" + json.dumps(vocab()).encode()
    yield "v_huge_id", pair(vocab(a=10 ** 30), MERGES)
    yield "v_negative", pair(vocab(a=-1), MERGES)
    yield "v_real", pair(vocab(a=1.0), MERGES)
    yield "v_twice", pair(vocab(a=1), MERGES)
    yield "v_too_high", pair(vocab(a=17), MERGES)
    yield "v_string", pair(vocab(a="0"), MERGES)
    yield "v_no_end", pair({p: i for i, p in enumerate(PIECES[:-1])}, MERGES)
    yield "v_same_key", pair('{"a": 0, "a": 1}', MERGES)
    yield "v_list", pair("[1, 2]", MERGES)
    yield "v_deep", pair("[" * 3000, MERGES)
    yield "v_deep_object", pair('{"a":' * 3000, MERGES)
    yield "v_bad_utf8", pair(b'{"\xff": 0}', MERGES)
    yield "v_surrogate", pair('{"\\ud800": 0}', MERGES)
    yield "v_nul_key", pair('{"\\u0000": 0}', MERGES)
    yield "v_empty", pair("", MERGES)
    yield "v_cut", pair(json.dumps(vocab())[:60], MERGES)
    yield "v_one_word", pair(vocab(), ["a b", "ab"])
    yield "v_three_words", pair(vocab(), ["a b a"])
    yield "v_empty_line", pair(vocab(), ["a b", "", "l o"])
    yield "v_unknown_left", pair(vocab(), ["x b"])
    yield "v_unknown_right", pair(vocab(), ["a x"])
    yield "v_unknown_both", pair(vocab(), ["b a"])
    yield "v_merge_twice", pair(vocab(), MERGES + ["a b"])
    yield "v_merge_bad_utf8", pair(vocab(), b"#\n\xff\xfe b\n")
    yield "v_long_merge", pair(vocab(), ["a" * 5000 + " b"])
    yield "j_good", whole()
    yield "j_pairs", whole({"merges": [m.split() for m in MERGES]})
    yield "j_added", whole(added_tokens=[{"id": 17, "content": "<new>"}, {"id": 0, "content": "a"}])
    yield "j_added_twice", whole(added_tokens=[{"id": 17, "content": "<new>"}, {"id": 17, "content": "<new>"}])
    yield "j_added_other_id", whole(added_tokens=[{"id": 3, "content": "a"}])
    yield "j_added_taken", whole(added_tokens=[{"id": 3, "content": "<new>"}])
    yield "j_added_no_id", whole(added_tokens=[{"content": "<new>"}])
    yield "j_added_strings", whole(added_tokens=["<new>"])
    yield "j_added_object", whole(added_tokens={"id": 1})
    yield "j_no_unknown", whole({"unk_token": None})
    yield "j_other_unknown", whole({"unk_token": "<unk>"})
    yield "j_unigram", whole({"type": "Unigram"})
    yield "j_no_suffix", whole({"end_of_word_suffix": None})
    yield "j_prefix", whole({"continuing_subword_prefix": "##"})
    yield "j_fallback", whole({"byte_fallback": True})
    yield "j_vocab_list", whole({"vocab": [["a", 0.1]]})
    yield "j_merges_string", whole({"merges": "a b"})
    yield "j_merge_number", whole({"merges": [1]})
    yield "j_merge_blanks", whole({"merges": ["a  b"]})
    yield "j_merge_three", whole({"merges": [["a", "b", "a"]]})
    yield "j_merge_empty", whole({"merges": [["", ""]]})
    yield "j_model_string", b'j{"model":"BPE"}'
    yield "j_no_model", b"j{}"
    yield "j_gpt2_split", whole(pre_tokenizer={"type": "ByteLevel", "add_prefix_space": False})
    yield "j_no_split", whole(pre_tokenizer=None)
    good = "#version\na b\nl o\nlo w</w>"
    yield "o_good", b"o" + good.encode()
    yield "o_feed", b"o" + good.encode() + b"\n"
    yield "o_comment_only", b"o#version"
    yield "o_comment_feed", b"o#version\n"
    yield "o_empty", b"o"
    yield "o_packed", b"o" + gzip.compress(good.encode(), mtime=0)
    yield "o_packed_cut", b"o" + gzip.compress(good.encode(), mtime=0)[:-6]
    yield "o_packed_tail", b"o" + gzip.compress(good.encode(), mtime=0) + b"tail"
    yield "o_packed_empty", b"o" + gzip.compress(b"", mtime=0)
    yield "o_twice", b"o#\na b\na b\n"
    yield "o_two_ways", b"o#\na b\nb c\nab c\na bc\n"
    yield "o_later", b"o#\nab c\na b\n"
    yield "o_unknown", b"o#\nabc d\n"
    yield "o_mark", b"o#\n< |\nstart oftext"
    yield "o_empty_line", b"o#\na b\n\nc d\n"


def yttm():
    chars = "9601 4\n97 5\n98 6\n99 7\n1082 8\n1086 9\n1090 10\n"
    rules = "5 6 11\n4 11 12\n9 10 13\n12 7 14\n"
    marks = "1 0 2 3\n"
    yield "good", f"7 4\n{chars}{rules}{marks}"
    yield "good_one_line", f"7 4 {chars}{rules}{marks}".replace("\n", " ")
    yield "good_no_rules", f"7 0\n{chars}{marks}"
    yield "good_no_bos_eos", "2 0\n9601 2\n97 3\n1 0 -1 -1\n"
    yield "good_no_end_of_line", f"7 4\n{chars}{rules}1 0 2 3"
    yield "empty", ""
    yield "blank", " \n\n"
    yield "words", "abc def"
    yield "only_counts", "7 4\n"
    yield "cut_chars", f"7 4\n{chars[:20]}"
    yield "cut_rules", f"7 4\n{chars}5 6"
    yield "cut_marks", f"7 4\n{chars}{rules}1 0"
    yield "tail", f"7 4\n{chars}{rules}{marks}5\n"
    yield "huge_counts", "2000000 2000000\n9601 4\n"
    yield "too_huge", "3000000 0\n"
    yield "overflow", "99999999999999999999999999 4\n"
    yield "negative_count", "-7 4\n"
    yield "no_points", "0 0\n1 0 2 3\n"
    yield "no_space", f"1 0\n97 4\n{marks}"
    yield "point_twice", f"2 0\n9601 4\n9601 5\n{marks}"
    yield "id_twice", f"2 0\n9601 4\n97 4\n{marks}"
    yield "id_too_high", f"2 0\n9601 4\n97 99\n{marks}"
    yield "hole", "2 0\n9601 4\n97 5\n1 0 -1 -1\n"
    yield "rule_forward", f"7 2\n{chars}12 5 11\n5 6 12\n{marks}"
    yield "rule_unknown", f"7 1\n{chars}5 3 11\n{marks}"
    yield "rule_itself", f"7 1\n{chars}11 5 11\n{marks}"
    yield "rule_twice", f"7 2\n{chars}5 6 11\n5 6 12\n{marks}"
    yield "rule_same_id", f"7 2\n{chars}5 6 11\n6 6 11\n{marks}"
    yield "rule_real", f"7 1\n{chars}5 6.5 11\n{marks}"
    yield "rule_hex", f"7 1\n{chars}5 0x6 11\n{marks}"
    yield "plus", f"7 1\n{chars}5 +6 11\n{marks}"
    yield "minus_only", f"7 1\n{chars}5 - 11\n{marks}"
    yield "no_unknown", "2 0\n9601 2\n97 3\n-1 0 1 -1\n"
    yield "mark_taken", "2 0\n9601 4\n97 5\n4 0 2 3\n"
    yield "point_too_high", f"1 0\n1114112 4\n{marks}"
    yield "nul", f"7 4\n{chars}\0{rules}{marks}"
    yield "zip", b"PK\x03\x04" + bytes(60)


def tokenizer_text():
    yield "plain", "a cat's photo, it's 1,000.50!  кошка на диване"
    yield "quotes", "“don’t” ʼn ‘x‘ „low“ ‛ ‟"
    yield "entities", ("&amp;amp;amp;lt; &notit; &eacute &EACUTE; &#38;#38; &#x80;&#xD800;&#99999999999; &;&#;&#x;& "
                       "<b>&lt;")
    yield "chain", "&" + "amp;" * 300
    yield "long_name", "&CounterClockwiseContourIntegral; &CounterClockwiseContourIntegralX &" + "x" * 100 + ";"
    yield "width", "ＡＢＣ　ｶﾞ ﾊﾟ ￣ ￠ ﾡ ￾"
    yield "ligatures", "ﬁﬂﬃﬄﬅﬆ ĲĳŉǄǅǆǇǱ"
    yield "marks", "e\u0301 и\u0306 q\u0307\u0323 \u0345\u0301\u0345 " + "\u0301\u0323" * 40
    yield "hangul", "각 \u1100\u1161\u11a8 \u1100\u1161"
    yield "escapes", "\x1b[31mred\x1b[0m \x1b[1;٣m\x1b[;;\x1b[ \x1b"
    yield "controls", "\x01\x08\x0b\x0e\x1f\x7f\x85\x9d\ufeff\u206a\ufffc"
    yield "lines", "a\r\nb\rc\u2028d\u2029e\x85f\n\n"
    yield "sigma", "ΑΣ ΑΣΑ Σ Σ. Α.Σ' Α\u0301Σ\u00ad ΣΣΣ"
    yield "dots", "İstanbul ıİ I\u0307"
    yield "spelled_marks", "<|endoftext|> <|StartOfText|>a<|endoftext|> &lt;|endoftext|&gt; <end_of_text>"
    yield "contractions", "'s's''s 'ſt 're've'll'd'm'tx ''"
    yield "emoji", "👍🏽 👩‍👩‍👧‍👦 🇷🇺 1️⃣"
    yield "blanks", " \t\n\u00a0\u3000\u2581\u200b"
    yield "planes", "\U00010400\U0001e900\U000e0001\U0010ffff\ue000"
    yield "aaaa", "a" * 700
    yield "abab", "ab" * 200 + "кот" * 50
    yield "bad_utf8", b"a\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80"
    yield "cut_utf8", "кот".encode()[:-1]
    yield "empty", b""


def main():
    for name, cases in (("bpe_vocab", bpe_vocab), ("yttm", yttm), ("tokenizer_text", tokenizer_text)):
        folder = os.path.join(ROOT, "tests", "fuzz", "corpus", name)
        os.makedirs(folder, exist_ok=True)
        for old in os.listdir(folder):
            os.unlink(os.path.join(folder, old))
        for case, data in cases():
            with open(os.path.join(folder, case), "wb") as file:
                file.write(data.encode() if isinstance(data, str) else data)
        print(f"{folder}: {len(os.listdir(folder))} files")


if __name__ == "__main__":
    main()
