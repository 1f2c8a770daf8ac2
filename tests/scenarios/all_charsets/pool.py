"""What the files of this scenario share."""

EIGHT_BIT = ("dec8 cp850 hp8 koi8r latin1 latin2 swe7 hebrew tis620 koi8u greek cp1250 latin5 armscii8 "
             "cp866 keybcs2 macce macroman cp852 latin7 cp1251 cp1256 cp1257 binary geostd8 ascii").split()
# MySQL's name and Python's.
MULTI_BYTE = {"big5": "big5", "ujis": "euc_jp", "sjis": "shift_jis", "euckr": "euc_kr",
              "gb2312": "gb2312", "gbk": "gbk", "cp932": "cp932", "eucjpms": "euc_jp",
              "utf8": "utf-8", "utf8mb4": "utf-8", "ucs2": "utf-16-be", "utf16": "utf-16-be",
              "utf16le": "utf-16-le", "utf32": "utf-32-be"}
ALL = EIGHT_BIT + list(MULTI_BYTE)
TEXTS = ["\\", "'", "a", "A", "é", "É", "ß", "ss", "ｱ", "ソ", "表示", "能", "許功蓋", "一乙", "誠", "ア", "あ", "가나",
         "乗", "申", "\0", "\n", "%_", "ž", "😀", "𠀀", "ï¼", " x", "\t", "中文\\", "ﬁ", "ı", "Ω", "ж"]


def texts(charset):
    """Valid byte strings of a character set."""
    if charset in EIGHT_BIT:
        bytes_ = range(1, 128 if charset in ("ascii", "swe7") else 256)
        return [bytes([one]) for one in bytes_] + [b"\\'\"", b"x" * 8]
    found = []
    for text in TEXTS:
        short = charset in ("utf8", "ucs2") and any(ord(one) > 0xffff for one in text)
        try:
            found += [] if short else [text.encode(MULTI_BYTE[charset])]
        except UnicodeEncodeError:
            pass
    return found


def literal(charset, value):
    return f"_{charset} 0x{value.hex()}" if value else "''"
