"""The Tux Paint stamps (Debian tuxpaint-stamps-default): the list, the split, the categories. They measure, and never train."""
import hashlib
import os

CATEGORIES = [  # folder, English query, Russian query
    ("animals/birds", "bird", "птица"), ("animals/insects", "insect", "насекомое"), ("animals/fish", "fish", "рыба"),
    ("animals/mammals", "mammal", "млекопитающее"), ("animals", "animal", "животное"), ("food/fruit", "fruit", "фрукты"),
    ("food/vegetables", "vegetables", "овощи"), ("food", "food", "еда"), ("plants/flowers", "flower", "цветок"), ("plants", "plant", "растение"),
    ("clothes", "clothes", "одежда"), ("vehicles", "vehicle", "транспорт"), ("town/houses", "house", "дом"), ("space", "space", "космос"),
    ("household/dishes", "dishes", "посуда"), ("sports", "sport", "спорт"),
]


def folder(path):
    """The folder that holds animals/, food/ ..., also from the root of the unpacked package."""
    inner = os.path.join(path, "usr", "share", "tuxpaint", "stamps")
    return inner if os.path.isdir(inner) else path


def listed(path, split):
    """[(relative path, English caption, Russian caption)] of the PNG stamps; split: even, odd or all (first byte of md5 of the relative path)."""
    root, rows = folder(path), []
    for where, _, names in os.walk(root):
        for name in names:
            stem, extension = os.path.splitext(name)
            text = os.path.join(where, stem + ".txt")
            if extension != ".png" or stem.endswith(("_mirror", "_flip")) or not os.path.exists(text):
                continue
            relative = os.path.relpath(os.path.join(where, name), root)
            if relative.split("/")[0] == "symbols" or relative.startswith("town/flags/"):
                continue
            odd = hashlib.md5(relative.encode()).digest()[0] % 2
            if split != "all" and odd != (split == "odd"):
                continue
            with open(text, encoding="utf-8", errors="replace") as f:
                lines = f.read().split("\n")
            russian = [line[8:].strip() for line in lines if line.startswith("ru.utf8=")]
            if russian and russian[0]:
                rows.append((relative, lines[0].strip(), russian[0]))
    return sorted(rows)
