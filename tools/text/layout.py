#!/usr/bin/env python3
"""Writes src/text/layout_table.h: what letters follow each other in Russian and in English names of things, by which
src/text/layout.c tells a text that was typed with the other keyboard layout on.

    layout.py [LEXICON]

The names are those of the starter's lexicon (tools/starter/lexicon/*.txt), the Russian ones with their declined forms.
Run again when it has changed, and then tests/unit/test_layout.c, which asks for every name of it."""
import glob
import math
import os
import re
import sys
from collections import Counter

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "starter"))

import forms  # noqa: E402

ALPHABETS = {"english": "abcdefghijklmnopqrstuvwxyz", "russian": "абвгдежзийклмнопрстуфхцчшщъыьэюя"}
# Words that the lexicon of things has no use for: everyday ones and first names.
ALSO = {
    "english": """
        a about above aft lei lye tot vue abstract accident adult after again ages all alone along also always am
        among amazing an and anniversary another any anyone are around as asleep at away awesome back bad
        beautiful became because become been before behind being below beside best better between beyond big birth
        birthday blurred blurry born both bottom boyfriend breathe bright broken but buy by call came candid
        captured caught celebrate celebrating certificate cheap check clean clear clever close closed cold collage
        come coming contract copy could countryside crazy crying cute daily dark daughter days dead deify
        delicious desktop did different difficult dirty document does doing done down draft dream dressed drew
        drink drive drunk dry during each early easily eating edit edited eight eighth either eleven empty end
        enjoy enough even event every everyone everything example excited expensive eyes family far fast father
        favourite few fifth fifty fight file final find first five folder follow for foreign found four free fresh
        friday friend friends from front fuck full fun funny future gave general genre get gift girlfriend give
        glad go goes going gone good got graduation great guest had half happy hard has have having he headache
        heavy height hello help her here hey high him his history hit hobby hold holiday home honeymoon hour house
        how huge hug hundred hungry hurt husband hypnotized idea identity if image images important in inside
        interesting into invite invoice is it its jealous join joke jump just keep kept kids kiss kitty knew know
        large last late laugh laughing lazy left less let life light like little live long look looking looks lost
        lot loud love lovely low lucky made make making many map marry married may maybe me mean medium meet
        meeting member memory message middle might mine miss modern moment monday month more morning most mother
        move much must my myself myth name narrow nature near nearly need never new news next nice night nine
        nobody noise none normal not nothing now number of off office often old on once one only open or order
        other our out outdoor outside over own pack page paid parents part party passed passport people perfect
        perhaps person photo photograph photos pic pics picture pictures place play playing please possible post
        present pretty private problem project proof public put quality question quick quiet quite random rare
        ready real really receipt recent recycle remember rest rhythm rich right ring round run sad said same
        saturday saw say scan school screen screenshot see seen selfie send sent seven several sexy shape share
        she short should show sick side sign similar simple since sing single sister sit six size sketch sleep
        sleeping slow small smart smile smiling so soft some someone something son soon space special standing
        start still stop story strange strong stuff stupid such sunday sunny sweet take taken talk tall team tell
        ten text than thank that the their them then there these they thick thin thing things think thirty this
        those thousand three through thumbs thursday ticket tidy time tiny tired to today together tomorrow
        tonight too took top toward traditional travel trip true try tuesday twelve twenty two type typical ugly
        uncle under unknown until up upon upside us use used useful using vacation various vertical very video
        view vintage visit wait walk wallpaper want warm was watch way we weak wearing wedding wednesday week
        weekend weird welcome well went were what when where which while who whole whose why wide wife wild will
        with without woman women work working world would wow wrong yard year years yellow yes yesterday yet you
        young your yourself youth zero alex alice andrew anna anthony ben charlie chris daniel david elizabeth
        emily emma eve george hannah harry jack james jane jenny jessica jim joe john joseph judy julia kate kevin
        leo lucy mark mary max michael mike molly nick oliver paul peter phil rachel richard robert sam sarah
        sophie steve susan thomas tim tom vicky william zoe
        corp inc ltd rex ult""",
    "russian": """
        а абстракция автор адрес без бежит белье биржа благодарность близко блин большие большой брат братишка
        бред будем будет будто был была были было быстро быть в важно вам вами вас ваш ваша ваше ваши вверх вдоль
        везде весело весна весь вечер вечером взгляд взрослый взрыв вид видео видно вещи вкусно вкусный влево
        вместе вместо внизу внутри внутренний воскресенье вот впереди вправо врач время все всегда вспышка встреча
        всюду всякий второй вторник вход вчера вы выезд высокий выставка выход газета где главный глупый говорит
        год года годы голый город горячий гости готов готовый грустный грязный грустно да давай давно даже далеко
        два две дверь двор дворе день деньги деревне десять для до добрый довольный договор дождь документ
        документы долго дом дома дорогой дочка дочь друг другой другие друзья дура дурак дядя его ее ей если есть
        ехать еще жду жена женат женщина живой жизнь жить за забыл завтра загран загранпаспорт закрыт закрытый
        зачем звук здесь здоровый здравствуйте зимой знает знак знакомый и играет играть иду идти идут из извините
        или им иногда интересно интересный информация ищу к кадр каждый как какая какие какой картинка картинки
        квартира клево когда конец конечно копия коротко короткий который красивая красивый красивые красота кто
        куда купить лежит летом летит лето лечь лишь лучше лучший любимый люблю любовь любой любит люди маленький
        маленькая мало мама матч между меня место месяц мимо младший мне много может можно мои мой молодой муж мы
        на наверх навсегда над надо надпись назад найди найти налево нам нами направо нас настоящий наш наша наши
        не небольшой неделя недорого некоторые нельзя немного ненужный нет нехорошо ни нибудь низ никто ничего но
        новая новогодний новый новые номер нормально нормальный ночь ночью нужно нужный о об обед область образец
        объект объявление обычный один одна одни он она они опять осенью остров от отдых отдыхаем отец отличный
        отпуск официально очень ошибка памятник папа папка пароль паспорт пейзаж первый первая первое перед
        перевод письмо план плохо плохой по под подарок поездка подпись подруга пожалуйста позже пока показать
        покажи покупка полный половина получше понедельник понял последний послезавтра после потом потому почему
        почти пошел правда праздник при привет пример принт природа про проба просто простой против прошлый прямо
        пусть путешествие пьяный пятница пять работа работает рабочий рад ради радость раз разный рано рассвет
        ребята ребенок редкий резкий ремонт рисунок ритм родители родной рождение рождения ролик россия рядом с
        сам сама самый самая свадьба сверху свидетельство свет свой свои своя связь сделать сегодня сейчас секс
        селфи семья сестра сидит сильный симпатичный синий сканы скачать сколько скорее скоро скриншот скучно
        слева слишком слово сложный служба смешно смешной смешные смотри смотрит смотрю снизу снимок снова со
        собрание совсем спать спасибо спит справа справка среда среди средний ссылка старший старый старая стоит
        страна страница странный страшный стих студия стыд суббота сын сюда та так также такая такие такой там
        твой те тебе тебя текст телка темный теперь тетя тихий то тоже только тому тот три туда тут ты тысяча у
        уже узкий укажи улыбается умный устал утро утром уютный ушел файл фамилия фигня фиг фотка фотки фото
        фотография фотографии фотосессия хватит хорошая хорошие хорошо хороший хотел хочу храм цветной цена центр
        цифра часть часто чего чей человек чем через четверг четыре что чтобы чувство чуть чужой шесть школа штука
        шутка эта эти это этот эту юбилей юность явно александр алексей алена анастасия андрей анна антон артем
        борис вадим валентина валера вася вера виктор владимир вова галя даша денис дима дмитрий евгений егор
        екатерина елена женя зоя иван игорь илья ира ирина катя кирилл костя ксюша лена леша люба люда людмила
        максим марина маша миша надя настя наташа никита николай оксана олег ольга оля павел петр петя полина рома
        роман саша света сергей слава соня таня татьяна толя федор юля юра юрий яна ярослав абакан архангельск
        волгоград воронеж екатеринбург иркутск казань калининград краснодар красноярск москва мурманск новосибирск
        омск пермь петербург питер псков ростов рязань самара сочи тверь томск тула уфа челябинск""",
}
# Abbreviations that look more like a word when swapped, and what fingers do on a keyboard: never swapped.
KEPT = {
    "english": "http https html xhtml hdtv hdmi mpeg jpeg lgbt lgbtq dslr gmbh rtfm abcd asdf asdfgh zxcv zxcvbn "
               "qwerty bmw usb dvd hdr hdd kfc pdf jpg kgb nfl nba",
    "russian": "ссср рсфср гибдд вднх спбгу мгимо нквд фыва йцукен ячсмит бррр "
               "мгу дтп пдд жкх впн фсб кгб мвд ввс вмф",
}
VOWELS = "aeiouyаеиоуыэюя"
STEPS = 8        # costs are in eighths of a nat
FIRST = "#"      # the character that stands for 0
MOST = 63
LITTLE = 0.1     # what a pair never met counts
FORM = 0.3       # what a declined form counts that the lexicon does not have
EVERYDAY = 4     # what a word of ALSO counts
LONGEST = 8      # letters of a known word
WIDTH = 112

HEAD = """/*
 * Letters that follow each other, for layout.c. Made by tools/text/layout.py, not by hand: that script says from what.
 *
 * Letters are numbered from 1 in the order of the alphabet, without ё; 0 is the edge of a word; n is how many there
 * are with it. A character c holds the number c - '#', below 64. pairs[a * n + b] is the cost of b after a, in eighths
 * of -ln(probability). triples holds a bit for each (a * n + b) * n + c, six a character, the lowest first: set where
 * the three were met. known_words are those of three letters, and abbreviations of four to eight.
 */
#ifndef IMF_TEXT_LAYOUT_TABLE_H
#define IMF_TEXT_LAYOUT_TABLE_H
"""


def fold(text):
    return text.lower().replace("ё", "е")


def names(folder):
    """{language: set of names}: the cells of all files, cut at semicolons, that have letters of one alphabet only."""
    out = {"english": set(), "russian": set()}
    for path in sorted(glob.glob(os.path.join(folder, "*.txt"))):
        with open(path, encoding="utf-8") as f:
            cells = [cell for line in f if not line.startswith("#") for cell in line.rstrip("\n").split("\t")]
        for name in (fold(n).strip() for cell in cells for n in cell.split(";")):
            latin, cyrillic = (bool(re.search(letters, name)) for letters in ("[a-z]", "[а-я]"))
            if latin != cyrillic and not re.search(r"\d", name):
                out["english" if latin else "russian"].add(name)
    return out


def weights(language, names_):
    """({word: what it counts}, the known words): one that is met twice as often counts one more."""
    met = Counter(w for name in sorted(names_) for w in re.findall("[" + ALPHABETS[language] + "]+", name))
    out = {w: 1 + math.log2(n) for w, n in met.items()}
    if language == "russian":
        for word in met:
            for form in forms.forms(word):
                out.setdefault(fold(form), FORM)
    for word in ALSO[language].split():
        out[word] = out.get(word, 0) + EVERYDAY
    known = {w for w in {*met, *ALSO[language].split()} if len(w) == 3}
    known |= {w for w in met if 3 < len(w) <= LONGEST and not set(w) & set(VOWELS)}
    return out, sorted(known.union(KEPT[language].split()))


def tables(alphabet, words):
    """(costs of all pairs, met or not of all triples), in the order of the header."""
    n = len(alphabet) + 1
    number = {c: i + 1 for i, c in enumerate(alphabet)}
    pair, first, triple = Counter(), Counter(), [0] * n ** 3
    for word, weight in words.items():
        letters = [0] + [number[c] for c in word] + [0]
        for a, b in zip(letters, letters[1:]):
            pair[a, b] += weight
            first[a] += weight
        for a, b, c in zip(letters, letters[1:], letters[2:]):
            triple[(a * n + b) * n + c] = 1
    cost = [-math.log((pair[a, b] + LITTLE) / (first[a] + LITTLE * n)) for a in range(n) for b in range(n)]
    return [min(MOST, round(STEPS * c)) for c in cost], triple


def packed(bits):
    return [sum(bit << k for k, bit in enumerate(bits[i:i + 6])) for i in range(0, len(bits), 6)]


def literal(name, text):
    """A C definition of the string, cut into lines; ? is escaped for the sake of trigraphs."""
    lines, line = [], ""
    for c in text:
        piece = {'"': '\\"', "\\": "\\\\", "?": "\\?"}.get(c, c)
        if len(line) + len(piece) > WIDTH:
            lines.append(line)
            line = ""
        line += piece
    return f"static const char {name}[] =\n" + "\n".join(f'    "{x}"' for x in lines + [line]) + ";\n"


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(ROOT, "tools", "starter", "lexicon")
    out = HEAD
    for language, names_ in names(folder).items():
        words, known = weights(language, names_)
        cost, triple = tables(ALPHABETS[language], words)
        for name, numbers in (("pairs", cost), ("triples", packed(triple))):
            out += "\n" + literal(f"{language}_{name}", "".join(chr(ord(FIRST) + x) for x in numbers))
        out += "\n" + literal(f"{language}_known_words", " " + " ".join(known) + " ")
    with open(os.path.join(ROOT, "src", "text", "layout_table.h"), "w", encoding="utf-8") as f:
        f.write(out + "\n#endif\n")


if __name__ == "__main__":
    main()
