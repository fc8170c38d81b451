"""Russian words as people type them: declined forms and diminutives; with slips.py's, all that the training makes of a word.

The rules go by the ending of the word and by short lists of what endings do not tell (gender of words in -ь, vowels that
come and go, plurals of their own). They are mostly right and know no stress: good for training and for trial queries, no
grammar. A letter ё of the word is kept; where stress moves onto it or away from it in an inflected form, only the commonest words are
known. Every function takes lower-case words.
"""
from slips import keyboard, look_alike, typo  # noqa: F401

VOWELS = frozenset("аеёиоуыэюя")
HUSH = frozenset("жшчщ")
SPELL_I = frozenset("гкхжшчщ")  # и, never ы, after these


def _set(text):
    return frozenset(text.split())


def _pairs(text):
    return dict(p.split(":") for p in text.split())


# What does not change at all, beyond the words that end in у, ю, э.
FIXED = _set("""пальто кофе кино метро радио пианино шимпанзе такси жалюзи фламинго кимоно авокадо какао манго киви шоссе кафе кашне
    пюре суфле филе желе купе портмоне сабо фото видео авто эскимо домино депо лото пончо динго мачо танго бунгало казино сопрано трико пони колибри
    спагетти конфетти бикини мартини сафари суши чили кепи биде гофре драже кабаре канапе каноэ карате каре кольраби лего макраме мотто нэцке
    пенсне пианино пирке резюме сальто селфи сомбреро табло тату тирамису турне фойе фортепиано хобби цунами шале шасси эспрессо латте капучино
    американо мокко брокколи пепперони песо евро кило динамо виски бренди шерри зомби леди ралли регби мини макси дзюдо айкидо самбо
    колли хаски чау-чау чихуахуа гну зебу эму нанду боа какапо марабу монпансье ателье досье колье портье пресс-папье рантье безе кале
    гуакамоле граффити сумо поло бистро джакузи чероки мохито паспарту рено вольво феррари ламборгини ауди мицубиси сузуки
    интервью шоу гуру дежавю кешью барбекю меню рагу кенгуру какаду табу иглу вуду""")
# Masculine words in -ь; those in -тель, -арь, -ырь too. All others in -ь are feminine.
MASCULINE_SOFT = _set("""олень медведь конь гусь лебедь корабль дождь автомобиль рояль кремль голубь карась камень корень пень день огонь парень ремень
    кремень тюлень ливень ясень женьшень перстень таймень окунь линь лось червь гвоздь вождь жёлудь желудь гость ноготь коготь локоть путь лапоть зять тесть
    картофель коктейль отель журавль король якорь зверь лагерь князь ферзь язь имбирь уголь тополь тоннель туннель гребень плетень контроль пароль шампунь
    вихрь рубль дизель вексель кисель хмель шмель кашель фитиль стиль профиль текстиль ансамбль бинокль спектакль монокль цоколь панголинь
    соболь куль руль июнь июль апрель февраль январь октябрь ноябрь декабрь сентябрь госпиталь календарь словарь фонарь царь янтарь снегирь вепрь
    щавель миндаль вермуть патруль нуль ноль бемоль хрусталь панцирь штемпель бюллетень стебель щебень студень складень оборотень слесарь
    карамболь кобель пудель шпатель вензель табель крендель шницель штрудель тоннель полдень деготь дёготь ломоть
    пескарь сухарь глухарь лосось фонарь""")
FEMININE_TEL = _set("метель постель артель обитель добродетель")  # in -тель, yet feminine
FEMININE_SOFT = _set("тварь киноварь утварь дверь сибирь ширь псалтырь")       # in -арь, -ырь

# Vowels that go: nominative -> stem of the other forms.
FLEETING = _pairs("""лев:льв лёд:льд лед:льд пёс:пс пес:пс рот:рт лоб:лб ров:рв лён:льн лен:льн мох:мх сон:сн шов:шв орёл:орл орел:орл осёл:осл осел:осл
    козёл:козл козел:козл котёл:котл котел:котл узел:узл дятел:дятл пепел:пепл угол:угл посол:посл ковёр:ковр ковер:ковр шатёр:шатр шатер:шатр костёр:костр
    костер:костр бобёр:бобр ветер:ветр день:дн пень:пн камень:камн корень:корн ремень:ремн парень:парн ливень:ливн гребень:гребн перстень:перстн
    плетень:плетн огонь:огн уголь:угл локоть:локт ноготь:ногт коготь:когт лапоть:лапт ломоть:ломт стебель:стебл воробей:воробь муравей:муравь соловей:соловь
    улей:уль ручей:ручь репей:репь заяц:зайц церковь:церкв любовь:любв рожь:рж ложь:лж щебень:щебн студень:студн полдень:полудн кашель:кашл кремень:кремн
    хребет:хребт ноль:нул чехол:чехл хохол:хохл щегол:щегл багор:багр бугор:бугр дёготь:дёгт ёж:еж ёрш:ерш
    овёс:овс овес:овс чабер:чабр кулёк:кульк день:дн свёкор:свёкр
    складень:складн вихор:вихр петел:петл тигель:тигл""")
KEEP_OK = _set("урок порок пророк восток исток поток приток водосток электроток зарок человек чебурек грек абрек узбек морок оброк")
KEEP_OK |= _set("флагшток сток водоток")

# Nominative plurals of their own.
PLURAL_A = _set("""дом город лес поезд глаз остров берег паспорт доктор профессор учитель мастер повар директор номер рукав голос колокол парус катер лагерь
    якорь тополь вечер цвет жёлоб купол окорок сторож луг век край рог провод погреб жемчуг стог хутор орден пояс том корм холод адрес терем тетерев перепел
    сорт снег сахар тенор кузов тормоз шёлк шелк мех писарь отпуск пропуск невод череп рукав вексель отруб колокол округ тормоз крейсер штемпель
    кучер егерь слесарь борт короб потрох договор лемех закром верх жернов китель бок глаз лекарь""")
PLURAL_IRREGULAR = {  # nominative, genitive, stem and ending of the rest: стул -> стулья, стульев, стульям ...
    "стул": "стулья стульев стульям", "брат": "братья братьев братьям", "дерево": "деревья деревьев деревьям", "перо": "перья перьев перьям",
    "крыло": "крылья крыльев крыльям", "звено": "звенья звеньев звеньям", "друг": "друзья друзей друзьям", "муж": "мужья мужей мужьям",
    "сын": "сыновья сыновей сыновьям", "прут": "прутья прутьев прутьям", "колос": "колосья колосьев колосьям", "полено": "поленья поленьев поленьям",
    "сук": "сучья сучьев сучьям", "лист": "листья листьев листьям", "человек": "люди людей людям", "ребёнок": "дети детей детям",
    "ребенок": "дети детей детям", "цветок": "цветы цветов цветам", "сосед": "соседи соседей соседям", "ухо": "уши ушей ушам",
    "плечо": "плечи плеч плечам", "колено": "колени коленей коленям", "яблоко": "яблоки яблок яблокам", "небо": "небеса небес небесам",
    "чудо": "чудеса чудес чудесам", "судно": "суда судов судам", "хозяин": "хозяева хозяев хозяевам", "господин": "господа господ господам",
    "курица": "курицы куриц курицам", "облако": "облака облаков облакам", "озеро": "озёра озёр озёрам", "колесо": "колёса колёс колёсам",
    "гнездо": "гнёзда гнёзд гнёздам", "звезда": "звёзды звёзд звёздам", "сестра": "сёстры сестёр сёстрам", "село": "сёла сёл сёлам",
    "пчела": "пчёлы пчёл пчёлам", "жена": "жёны жён жёнам", "ведро": "вёдра вёдер вёдрам", "весло": "вёсла вёсел вёслам", "седло": "сёдла сёдел сёдлам",
    "бревно": "брёвна брёвен брёвнам", "стекло": "стёкла стёкол стёклам", "ребро": "рёбра рёбер рёбрам", "зерно": "зёрна зёрен зёрнам",
    "яйцо": "яйца яиц яйцам", "сердце": "сердца сердец сердцам", "солнце": "солнца солнц солнцам", "щенок": "щенки щенков щенкам",
    "гусь": "гуси гусей гусям", "конь": "кони коней коням",
    "мать": "матери матерей матерям", "дочь": "дочери дочерей дочерям", "имя": "имена имён именам", "время": "времена времён временам",
    "знамя": "знамёна знамён знамёнам", "семя": "семена семян семенам", "дитя": "дети детей детям", "племя": "племена племён племенам",
    "боярин": "бояре бояр боярам", "черт": "черти чертей чертям", "чёрт": "черти чертей чертям", "опёнок": "опята опят опятам",
    "свекла": "свёклы свёкл свёклам",
    "копьё": "копья копий копьям", "ружьё": "ружья ружей ружьям", "платье": "платья платьев платьям", "очко": "очки очков очкам",
    "дно": "донья доньев доньям", "око": "очи очей очам", "дядя": "дяди дядей дядям", "тётя": "тёти тёть тётям", "свеча": "свечи свечей свечам",
    "волос": "волосы волос волосам", "сапог": "сапоги сапог сапогам", "ботинок": "ботинки ботинок ботинкам", "чулок": "чулки чулок чулкам",
    "валенок": "валенки валенок валенкам", "солдат": "солдаты солдат солдатам", "носок": "носки носков носкам", "болгарин": "болгары болгар болгарам",
    "простыня": "простыни простыней простыням", "кегля": "кегли кеглей кеглям", "гвоздь": "гвозди гвоздей гвоздям", "море": "моря морей морям",
    "поле": "поля полей полям", "крестьянин": "крестьяне крестьян крестьянам",
    "война": "войны войн войнам", "волна": "волны волн волнам", "кухня": "кухни кухонь кухням", "деревня": "деревни деревень деревням",
    "барышня": "барышни барышень барышням", "кайма": "каймы каём каймам", "серьга": "серьги серёг серьгам", "игла": "иглы игл иглам",
    "тюрьма": "тюрьмы тюрем тюрьмам", "свадьба": "свадьбы свадеб свадьбам", "судьба": "судьбы судеб судьбам", "усадьба": "усадьбы усадеб усадьбам",
    "кукла": "куклы кукол куклам", "метла": "мётлы мётел мётлам", "овца": "овцы овец овцам", "капля": "капли капель каплям", "сосна": "сосны сосен соснам",
    "весна": "вёсны вёсен вёснам", "десна": "дёсны дёсен дёснам", "блесна": "блёсны блёсен блёснам", "окно": "окна окон окнам",
    "кресло": "кресла кресел креслам", "письмо": "письма писем письмам", "число": "числа чисел числам", "пятно": "пятна пятен пятнам",
    "полотно": "полотна полотен полотнам", "ядро": "ядра ядер ядрам", "бедро": "бёдра бёдер бёдрам", "масло": "масла масел маслам",
    "ремесло": "ремёсла ремёсел ремёслам", "сверло": "свёрла свёрл свёрлам", "кольцо": "кольца колец кольцам", "крыльцо": "крыльца крылец крыльцам",
    "полотенце": "полотенца полотенец полотенцам", "блюдце": "блюдца блюдец блюдцам", "зеркальце": "зеркальца зеркалец зеркальцам",
    "сёмга": "сёмги сёмг сёмгам", "озерцо": "озерца озерец озерцам", "копна": "копны копён копнам", "княжна": "княжны княжон княжнам",
}
# Plurals in -а, -я, which look like feminine nouns.
PLURALS_IN_A = frozenset(p.split()[0] for p in PLURAL_IRREGULAR.values() if p.split()[0][-1] in "ая") | _set("""глаза дома города поезда леса острова
    паспорта номера рукава голоса паруса катера берега цвета рога провода""")
STRESSED_O = _set("свеча овца душа лапша каланча левша саранча пыльца чалма пастила")  # instrumental -ой after a hushing letter or ц

ADJECTIVE_NOUNS = _set("рабочий прохожий дежурный часовой портной ученый учёный больной пожарный военный домовой леший вожатый городовой млекопитающий")
POSSESSIVE = _set("""птичий лисий волчий медвежий заячий рыбий коровий кошачий собачий олений лебяжий коровий козий бараний верблюжий петуший индюшачий
    человечий вороний соболий девичий охотничий павлиний черепаший лягушачий третий крокодилий паучий слоновий тюлений""")


def unique(words):
    """The words once each, in their order."""
    return list(dict.fromkeys(words))


# ---- nouns ----

def _zero(stem):
    """The stem without an ending (кошк -> кошек): a vowel between two consonants where Russian wants one."""
    if len(stem) < 3 or stem[-1] != "к" or stem[-2] in VOWELS:
        if len(stem) > 3 and stem[-2] in "ьй" and stem[-1] not in VOWELS:
            return stem[:-2] + "е" + stem[-1]
        return stem
    if stem[-2] in "ьй":
        return stem[:-2] + "ек"
    return stem[:-1] + ("ек" if stem[-2] in HUSH or stem[-2] == "ц" else "ок")


def _oblique(stem, soft):
    a = "я" if soft else "а"
    return [stem + a + "м", stem + a + "ми", stem + a + "х"]


def _irregular_plural(word):
    parts = PLURAL_IRREGULAR[word].split()
    if len(parts) < 3:
        return []
    base = parts[2][:-1]
    last = {"дети": "детьми", "люди": "людьми"}.get(parts[0], base + "ми")
    return [parts[0], parts[1], parts[2], last, base + "х"]


def _fleeting_stem(word):
    """The stem of the oblique forms of a masculine noun (огурец -> огурц), without й or ь."""
    if word in FLEETING:
        return FLEETING[word]
    syllables = sum(c in VOWELS for c in word)
    if syllables > 1 and word not in KEEP_OK:
        if word.endswith(("ёк", "еек")) and len(word) > 3:
            return word[:-2] + ("йк" if word[-3] in VOWELS else "ьк")
        if word.endswith("ок") and word[-3] not in VOWELS:
            return word[:-2] + "к"
        if word.endswith(("шек", "чек", "жек")):
            return word[:-2] + "к"
        if word.endswith("ец") and len(word) > 3:
            if word[-3] in VOWELS:
                return word[:-2] + "йц"
            if word[-4] in VOWELS or word[-4] in "ьй":
                return word[:-2] + ("ьц" if word[-3] == "л" else "ц")
    return word[:-1] if word[-1] in "ьй" else word


def _young(word):
    """котёнок -> котята: the plural stem, or None."""
    for ending in ("ёнок", "онок", "енок"):
        if word.endswith(ending) and len(word) > len(ending) + 1 and word not in ("бочонок", "ребёнок", "ребенок"):
            before = word[:-len(ending)]
            if ending == "онок" and before[-1] not in HUSH:
                return None
            return before + ("ат" if before[-1] in HUSH else "ят")
    return None


def _masculine(word):
    stem = _fleeting_stem(word)
    soft = word[-1] in "ьй"
    if word == "путь":
        return ["путь", "пути", "путём", "пути", "путей", "путям", "путями", "путях"]
    if word.endswith("ий") and len(word) > 4:
        singular = [stem + e for e in ("я", "ю", "ем", "и")]
        return singular + [stem + e for e in ("и", "ев", "ям", "ями", "ях")]
    unstressed = soft or word[-1] in HUSH and word not in ("нож", "мяч", "ключ", "врач", "плащ", "борщ", "ёж", "еж", "уж", "морж", "шалаш", "кирпич", "калач",
                                                            "грач", "лещ", "клещ", "силач", "этаж", "гараж", "багаж", "чертёж", "карандаш", "камыш",
                                                            "малыш", "москвич", "скрипач", "трубач", "луч", "меч", "ткач", "палач", "ёрш", "ковш",
                                                            "хрящ", "грош", "рубеж", "падёж", "хвощ", "стриж", "чиж")
    if word.endswith(("анец", "янец", "аец", "еец", "лец", "перец", "месяц", "заяц", "немец")):
        unstressed = True
    if word in FLEETING and soft and word.endswith("ей"):
        instrumental = stem + "ём"
    elif word in ("конь", "день", "пень", "огонь", "фонарь", "словарь", "царь", "корабль", "рубль", "руль", "король", "дождь", "ремень", "корабль", "журавль",
                  "монастырь", "снегирь", "пузырь", "сухарь", "янтарь", "календарь", "вождь", "кремль", "глухарь", "пескарь", "угорь", "шмель", "язь",
                  "линь", "карась", "фитиль", "богатырь", "январь", "февраль", "имбирь", "кистень", "плетень", "кисель", "миндаль", "хрусталь", "патруль",
                  "секретарь", "вратарь", "звонарь", "букварь", "сентябрь", "октябрь", "ноябрь", "декабрь", "волдырь", "нетопырь", "поводырь", "пустырь"):
        instrumental = stem + "ём"
    else:
        instrumental = stem + ("ем" if unstressed else "ом")
    singular = [stem + ("я" if soft else "а"), stem + ("ю" if soft else "у"), instrumental, stem + "е"]
    young = _young(word)
    if young:
        return singular + [young + "а", young] + _oblique(young, False)
    if word in PLURAL_IRREGULAR:
        return singular + _irregular_plural(word)
    if word.endswith(("анин", "янин")) and len(word) > 5:
        stem = word[:-2]
        return singular + [stem + "е", stem] + _oblique(stem, False)
    if word in PLURAL_A:
        nominative = stem + ("я" if soft else "а")
    else:
        nominative = stem + ("и" if soft or stem[-1] in SPELL_I else "ы")
    if word in ("глаз",):
        genitive = stem
    elif word[-1] == "ь" or stem[-1] in HUSH:
        genitive = stem + "ей"
    elif word[-1] == "й" or stem[-1] == "ц" and unstressed:
        genitive = stem + "ёв" if word in FLEETING and word.endswith("ей") else stem + "ев"
    else:
        genitive = stem + "ов"
    return singular + [nominative, genitive] + _oblique(stem, soft)


def _feminine_a(word):
    """In -а, -я (also мужчина, дедушка)."""
    stem, soft = word[:-1], word[-1] == "я"
    if word.endswith("ия"):
        return [stem + e for e in ("и", "ю", "ей")] + [stem + "й"] + _oblique(stem, True)
    hush = stem[-1] in HUSH or stem[-1] == "ц"
    i = "и" if soft or stem[-1] in SPELL_I else "ы"
    instrumental = "ей" if (soft or hush) and word not in STRESSED_O else "ой"
    if word in ("змея", "земля", "семья", "свинья", "статья", "скамья", "ладья", "заря", "шлея", "бадья", "швея", "броня", "клешня", "простыня", "тля"):
        instrumental = "ёй"
    singular = [stem + i, stem + "е", stem + ("ю" if soft else "у"), stem + instrumental]
    if word in PLURAL_IRREGULAR:
        return singular + _irregular_plural(word)
    if not soft:
        genitive = _zero(stem)
        if stem[-1] == "ц" and len(stem) > 2 and stem[-2] not in VOWELS:
            genitive = (stem[:-2] if stem[-2] in "ьй" else stem[:-1]) + "ец"
    elif stem[-1] == "ь":
        genitive = stem[:-1] + ("ей" if word in ("свинья", "семья", "статья", "скамья", "ладья", "судья", "бадья") else "ий")
    elif stem[-1] in VOWELS:
        genitive = stem + "й"
    elif stem[-2] in VOWELS:
        genitive = stem + "ь"
    elif stem[-1] == "н":
        genitive = (stem[:-2] if stem[-2] in "ьй" else stem[:-1]) + "ен"
    else:
        genitive = (stem[:-2] if stem[-2] in "ьй" else stem[:-1]) + "ель" if stem[-1] == "л" else stem + "ей"
    return singular + [stem + i, genitive] + _oblique(stem, soft)


def _feminine_soft(word):
    stem = {"мать": "матер", "дочь": "дочер"}.get(word) or FLEETING.get(word, word[:-1])
    singular = [stem + "и", (stem if word in ("мать", "дочь") else word[:-1]) + "ью"]
    if word in PLURAL_IRREGULAR:
        return singular + _irregular_plural(word)
    return singular + [stem + "ей"] + _oblique(stem, stem[-1] not in HUSH and word != "церковь")


def _neuter(word):
    stem, soft = word[:-1], word[-1] in "её"
    if word.endswith("мя"):
        stem = word[:-1] + "ен"
        return [stem + "и", stem + "ем"] + (_irregular_plural(word) if word in PLURAL_IRREGULAR else [])
    if word.endswith("ие"):
        return [stem + e for e in ("я", "ю", "ем", "и")] + [stem + "й"] + _oblique(stem, True)
    hard_after = stem[-1] in HUSH or stem[-1] == "ц"
    a, u = ("а", "у") if not soft or hard_after else ("я", "ю")
    instrumental = stem + ("ём" if word[-1] == "ё" else "ем" if soft else "ом")
    singular = [stem + a, stem + u, instrumental, word if soft else stem + "е"]
    if word in PLURAL_IRREGULAR:
        return singular + _irregular_plural(word)
    if word.endswith(("ко", "ико")) and word[-3:] in ("шко", "чко") and len(word) > 4:
        return singular + [stem + "и", stem[:-1] + "ек"] + _oblique(stem, False)  # окошко, яблочко
    if word.endswith(("ье", "ьё")):
        genitive = stem[:-1] + "ий"
    elif soft and not hard_after:
        genitive = stem + "ей"
    elif stem[-1] == "ц" and stem[-2] not in VOWELS:
        genitive = (stem[:-2] if stem[-2] in "ьй" else stem[:-1]) + "ец"
    elif len(stem) > 2 and stem[-1] == "л" and stem[-2] in "сзд":
        genitive = stem[:-1] + "ел"
    else:
        genitive = stem
    return singular + [stem + a, genitive] + _oblique(stem, soft and not hard_after)


def _plural(word):
    """A word given in the plural (кошки, акулы, очки): its other cases."""
    young = word.endswith(("ята", "ата"))
    if young:
        stem = word[:-1]
        return [stem] + _oblique(stem, False)
    for singular, forms_ in PLURAL_IRREGULAR.items():
        if forms_.split()[0] == word:
            return _irregular_plural(singular)
    stem = word[:-1]
    if word.endswith("ии"):
        return [stem + "й"] + _oblique(stem, True)
    soft = word[-1] == "и" and stem[-1] not in SPELL_I
    if soft or stem[-1] in HUSH:
        genitives = [stem + ("ев" if stem[-1] in VOWELS else "ей")]
    elif stem[-1] == "к" and len(stem) > 2 and stem[-2] not in VOWELS:
        genitives = [_zero(stem), stem + "ов"]  # кошек, носков: the ending does not tell which
    elif stem[-1] == "ц":
        genitives = [stem if stem[-2] == "и" else stem + "ов"]
    else:
        genitives = [stem, stem + "ов"] if stem[-1] in VOWELS | set("кгх") else [stem + "ов", stem]
    return genitives + _oblique(stem, soft)


def is_masculine_soft(word):
    if word in FEMININE_TEL or word in FEMININE_SOFT:
        return False
    return word in MASCULINE_SOFT or word.endswith(("тель", "арь", "ырь"))


def _is_fixed(word):
    return word in FIXED or word[-1] in "уюэ" or not all("а" <= c <= "я" or c == "ё" for c in word) or len(word) < 3 and word not in ("ёж", "еж", "уж", "як")


def forms(word):
    """The word and its declined forms, singular and plural, each once: кошка -> кошка, кошки, кошке, кошку, кошкой, ..., кошками, кошках.
    A word given in the plural has the plural's forms only; one that does not change is alone. Both parts of рыба-молот are declined."""
    word = word.strip().lower()
    if not word or " " in word:
        return [word] if word else []
    if "-" in word:
        return _hyphened(word)
    if _is_fixed(word):
        return [word]
    if word.endswith(("ая", "яя", "ое", "ее", "ые", "ие")) and not word.endswith(("ие", "ее")) or word in ADJECTIVE_NOUNS or \
            word.endswith(("щее", "нее", "жее", "шее", "чее")):
        return _adjective_noun(word)
    if word.endswith(("ый", "ой")) and len(word) > 4 and word not in ("ковбой", "обой", "прибой", "герой", "покой", "водопой", "левкой", "гобой", "перегной"):
        return _adjective_noun(word)
    last = word[-1]
    if word in ("имя", "время", "пламя", "знамя", "семя", "племя", "вымя", "темя", "стремя", "бремя"):
        rest = _neuter(word)
    elif last in "ыи" or _is_young_plural(word):
        rest = _plural(word)
    elif word in PLURALS_IN_A:
        rest = _plural_a(word)
    elif last in "ая":
        rest = _feminine_a(word)
    elif last in "оеё":
        rest = _neuter(word)
    elif last == "ь" and not is_masculine_soft(word):
        rest = _feminine_soft(word)
    else:
        rest = _masculine(word)
    return unique([word] + rest)


def _is_young_plural(word):
    return len(word) > 4 and word.endswith(("ята", "чата", "жата", "шата"))


def _plural_a(word):
    stem = word[:-1]
    for singular, forms_ in PLURAL_IRREGULAR.items():
        if forms_.split()[0] == word:
            return _irregular_plural(singular)
    return [stem if word == "глаза" else stem + "ов"] + _oblique(stem, False)


def _hyphened(word):
    parts = word.split("-")
    tables = [forms(p) for p in parts]
    if len(parts) != 2 or len(tables[1]) == 1 and len(tables[0]) == 1:
        return [word]
    if len(tables[0]) == 1 or parts[0] in ("плащ", "пресс", "рок", "джаз", "интернет", "бизнес", "бас", "блок", "веб", "поп", "спорт", "арт", "онлайн"):
        return unique(parts[0] + "-" + f for f in tables[1])
    if len(tables[1]) == 1:
        return unique(f + "-" + parts[1] for f in tables[0])
    first, second = slots(parts[0]), slots(parts[1])
    if len(first) == len(second) == 9:
        return unique([word] + [a + "-" + b for a, b in zip(first, second)])
    return [word]


def slots(word):
    """Nine forms by case: genitive, dative, instrumental, prepositional singular, then nominative, genitive, dative, instrumental, prepositional
    plural; [] when the word is no plain declined noun in the singular. Repeats stay, so that adjective and noun can be put side by side."""
    if " " in word or "-" in word or _is_fixed(word):
        return []
    full = forms(word)
    last = word[-1]
    if len(full) < 5 or last in "ыи" or word in PLURALS_IN_A or _is_young_plural(word):
        return []
    if word.endswith(("ый", "ой", "ая", "яя", "ое")) and word not in ("герой", "ковбой"):
        return []
    if last in "оеё" and not word.endswith("ие"):
        rest = _neuter(word)
        return rest if len(rest) == 9 else []
    if word.endswith("ие"):
        r = _neuter(word)
        return [r[0], r[1], r[2], r[3], r[0]] + r[4:] if len(r) == 8 else []
    if word.endswith("ия"):
        r = _feminine_a(word)
        return [r[0], r[0], r[2], r[0], r[0]] + r[3:]
    if last in "ая" and not word.endswith("мя"):
        r = _feminine_a(word)
        return [r[0], r[1], r[3], r[1]] + r[4:] if len(r) == 9 else []
    if last == "ь" and not is_masculine_soft(word):
        r = _feminine_soft(word)
        return [r[0], r[0], r[1], r[0], r[0]] + r[2:] if len(r) == 6 else []
    r = _masculine(word)
    return r if len(r) == 9 else []


# ---- adjectives ----

def _adjective_stem(word):
    """(stem, kind) of an adjective in any nominative form; kind is hard, soft or possessive. None when it is none."""
    for ending in ("ый", "ой", "ий", "ая", "яя", "ое", "ее", "ые", "ие"):
        if word.endswith(ending) and len(word) > 3:
            stem = word[:-2]
            if word in POSSESSIVE:
                return stem, "possessive"
            if ending in ("яя",) or ending in ("ий", "ее", "ие") and stem[-1] not in "гкхжшчщ":
                return stem, "soft"
            return stem, "hard"
    return None


def _adjective_endings(stem, kind, stressed):
    """[masculine, feminine, neuter, plural] of endings by case: nominative, genitive, dative, accusative (feminine), instrumental, prepositional."""
    stressed = stressed or stem in ("больш", "чуж")
    if kind == "soft":
        return (["ий", "его", "ему", "им", "ем"], ["яя", "ей", "юю"], ["ее"], ["ие", "их", "им", "ими"])
    i = "и" if stem[-1] in SPELL_I else "ы"
    o = "е" if stem[-1] in HUSH and not stressed else "о"
    return (["ой" if stressed else i + "й", o + "го", o + "му", i + "м", o + "м"], ["ая", o + "й", "ую"], [o + "е"], [i + "е", i + "х", i + "м", i + "ми"])


def adjective_forms(word):
    """All forms of an adjective given in any nominative form: рыжий -> рыжий, рыжего, ..., рыжая, рыжую, ..., рыжими. [word] when it is none."""
    word = word.strip().lower()
    found = _adjective_stem(word)
    if not found or " " in word:
        return [word]
    stem, kind = found
    if kind == "possessive":
        stem += "ь"
        return unique([word] + [stem + e for e in ("его", "ему", "им", "ем", "я", "ей", "ю", "е", "и", "их", "ими")])
    endings = _adjective_endings(stem, kind, word.endswith("ой"))
    return unique([word] + [stem + e for part in endings for e in part])


def _adjective_noun(word):
    """Nouns that are declined as adjectives (животное, столовая): the forms of their own gender and the plural."""
    found = _adjective_stem(word)
    if not found:
        return [word]
    stem, kind = found
    masculine, feminine, neuter, plural = _adjective_endings(stem, kind, word.endswith("ой"))
    if word.endswith(("ая", "яя")):
        own = feminine
    elif word.endswith(("ое", "ее")):
        own = neuter + masculine[1:]
    elif word.endswith(("ые", "ие")):
        own = []
    else:
        own = masculine
    return unique([word] + [stem + e for e in own + plural])


def phrase_forms(text):
    """A noun with adjectives before it, declined together in the oblique cases (рыжий кот -> рыжего кота, ...), or a single noun's forms. [text] when the
    words do not look like that."""
    words = text.strip().lower().split()
    if len(words) == 1:
        return forms(words[0])
    cases = slots(words[-1])
    stems = [_adjective_stem(w) for w in words[:-1]]
    if not words or not cases or None in stems or any(s[1] == "possessive" for s in stems):
        return [text]
    gender = words[0][-2:]
    out = [text]
    for case, noun in enumerate(cases):
        row = []
        for w, (stem, kind) in zip(words, stems):
            m, f, _, p = _adjective_endings(stem, kind, w.endswith("ой"))
            if case >= 4:
                ending = [p[0], p[1], p[2], p[3], p[1]][case - 4]
            elif gender in ("ая", "яя"):
                ending = f[1]
            else:
                ending = m[1 + case]
            row.append(stem + ending)
        out.append(" ".join(row + [noun]))
    if gender in ("ая", "яя") and words[-1][-1] in "ая":
        accusative = [s[0] + ("юю" if s[1] == "soft" else "ую") for s in stems]
        out.append(" ".join(accusative + [words[-1][:-1] + ("ю" if words[-1][-1] == "я" else "у")]))
    return unique(out)


# ---- diminutives ----

SOFTENED = {"к": "ч", "г": "ж", "х": "ш", "ц": "ч"}
DIMINUTIVES = {
    "кот": "котик котейка котяра", "кошка": "кошечка киска", "собака": "собачка собачонка", "заяц": "зайчик зайка заинька", "медведь": "мишка медвежонок",
    "лиса": "лисичка лисонька", "дерево": "деревце деревцо", "яблоко": "яблочко", "окно": "окошко окошечко", "солнце": "солнышко", "облако": "облачко",
    "дом": "домик домишко", "лист": "листик листочек", "друг": "дружок дружочек", "хлеб": "хлебушек", "гриб": "грибок грибочек", "зуб": "зубик зубок",
    "волк": "волчок волчонок", "конь": "конёк коник", "лошадь": "лошадка лошадушка", "птица": "птичка пташка", "пёс": "пёсик", "пес": "песик",
    "корова": "коровка коровушка", "воробей": "воробушек воробышек", "соловей": "соловушка", "муравей": "муравьишка", "ручей": "ручеёк",
    "голубь": "голубок голубка",
    "чай": "чаёк", "орёл": "орлик", "козёл": "козлик", "осёл": "ослик", "лев": "львёнок", "ребёнок": "ребёночек", "цветок": "цветочек", "крыло": "крылышко",
    "перо": "пёрышко", "гнездо": "гнёздышко", "стекло": "стёклышко", "зерно": "зёрнышко", "озеро": "озерцо", "яйцо": "яичко", "колесо": "колёсико",
    "море": "морюшко", "платье": "платьице", "зеркало": "зеркальце", "сердце": "сердечко", "кольцо": "колечко", "мясо": "мяско мясцо", "молоко": "молочко",
    "масло": "маслице", "ведро": "ведёрко ведёрочко", "день": "денёк", "пень": "пенёк", "огонь": "огонёк", "камень": "камешек камушек", "корень": "корешок",
    "пирог": "пирожок пирожочек", "снег": "снежок", "луг": "лужок", "гусь": "гусёк гусик", "ёж": "ёжик", "мышь": "мышка мышонок", "утка": "уточка утушка",
    "сестра": "сестричка", "брат": "братик братишка", "ветер": "ветерок", "вечер": "вечерок", "костёр": "костерок", "ковёр": "коврик", "корабль": "кораблик",
    "свинья": "свинка свинюшка", "змея": "змейка", "семья": "семейка", "скамья": "скамейка", "земля": "землица", "вишня": "вишенка", "черешня": "черешенка",
    "песня": "песенка", "башня": "башенка", "кухня": "кухонька", "деревня": "деревенька", "капля": "капелька", "цапля": "цапелька", "дыня": "дынька",
    "берёза": "берёзка берёзонька", "сосна": "сосенка", "ель": "ёлочка", "ёлка": "ёлочка", "поле": "полюшко", "слово": "словечко", "место": "местечко",
    "письмо": "письмецо", "бабушка": "бабулечка бабуля", "дедушка": "дедуля", "мама": "мамочка", "папа": "папочка", "сова": "совушка", "коза": "козочка",
    "овца": "овечка", "игла": "иголочка", "дверь": "дверца дверка", "кровать": "кроватка", "морковь": "морковка морковочка", "картофель": "картошка картошечка",
    "помидор": "помидорчик помидорка", "петух": "петушок", "орех": "орешек", "горох": "горошек", "шар": "шарик", "слон": "слоник", "сыр": "сырок сырочек",
    "звезда": "звёздочка", "лёд": "ледок", "парус": "парусок", "суп": "супчик", "шкаф": "шкафчик", "стул": "стульчик", "стол": "столик",
    "глаз": "глазик глазок", "рот": "ротик", "ухо": "ушко", "лоб": "лобик", "бык": "бычок", "рак": "рачок", "мост": "мостик", "мяч": "мячик",
    "город": "городок", "лес": "лесок", "час": "часик", "сад": "садик", "нос": "носик", "рыба": "рыбка рыбёшка", "тигр": "тигрик", "тыква": "тыковка",
    "кукла": "куколка", "церковь": "церквушка", "банан": "бананчик", "поезд": "поездок паровозик", "метла": "метёлка", "сумка": "сумочка",
}


def _root(stem):
    return stem[:-1] + SOFTENED.get(stem[-1], stem[-1])


def diminutives(word):
    """Diminutives by the ordinary suffixes (машина -> машинка, машиночка; диван -> диванчик), the usual one first. [] when none comes to mind."""
    word = word.strip().lower()
    if word in DIMINUTIVES:
        return DIMINUTIVES[word].split()
    if _is_fixed(word) or "-" in word or " " in word or len(word) < 3 or word[-1] in "ыи" or word.endswith(("ая", "яя", "ата", "ята")):
        return []
    last, syllables = word[-1], sum(c in VOWELS for c in word)
    if last == "а":
        stem = word[:-1]
        if word.endswith(("шка", "чка", "жка")):
            return [stem[:-1] + "ечка"]
        if stem[-1] == "к" and stem[-2] not in VOWELS:
            return [(stem[:-2] + "ечка") if stem[-2] in "ьй" else (stem[:-1] + "очка")]
        if word.endswith(("ица", "ика")):
            return [stem[:-1] + "чка"]
        if stem[-1] in "кгх":
            return [_root(stem) + "ка", _root(stem) + "ечка"]
        if stem[-2] not in VOWELS:
            return [stem + "очка"]
        if stem[-1] in HUSH:
            return [stem[:-1] + SOFTENED.get(stem[-1], stem[-1]) + "ка"] if stem[-1] != "щ" else []
        return [stem + "ка", stem + "очка"] if syllables > 2 else [stem + "очка", stem + "ка"]
    if last == "я":
        stem = word[:-1]
        if stem[-1] in VOWELS:
            return [stem + "йка"] if not word.endswith("ия") else []
        return [stem + "ька", stem + "ечка"] if stem[-2] in VOWELS else []
    if last == "о":
        stem = word[:-1]
        return [_root(stem) + "ко"] if stem[-1] in "к" and stem[-2] in VOWELS else [stem + "ышко"] if stem[-1] in "лн" and stem[-2] in VOWELS else []
    if last in "её":
        return []
    if last == "ь":
        if is_masculine_soft(word):
            return [word[:-1] + ("ик" if word[-2] == "л" and word[-3] in "бвп" else "ёк" if word[-2] in "рн" else "ик")]
        return [word[:-1] + "ка"] if word[-2] in "дтшчж" else [word + "ка"] if word[-2] in "лнр" and not word.endswith("сть") else []
    if word.endswith("ец"):
        stem = _fleeting_stem(word)
        return [stem[:-1] + "чик"]
    if last == "й":
        return [word + "чик"] if word[-2] in "ая" or syllables > 1 and word[-2] in "уо" else []
    if word.endswith(("ок", "ёк")) and syllables > 1:
        return [_fleeting_stem(word)[:-1].rstrip("ь") + ("ёчек" if word.endswith("ёк") else "очек")] if not word.endswith("нок") else [word[:-2] + "очек"]
    if word.endswith(("ик", "чек")):
        return []
    if last in "кгх":
        return [_root(word) + "ок"]
    if last == "л" and syllables > 1:
        return [word + "ьчик"]
    if last in "нрмвф" and syllables > 1:
        return [word + "чик"]
    return [word + "ик"]
