package retrieval

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Latin typing (шльокавица) has no one table: y is ъ for one writer and й for the next, 4 is ч and ch too. So every
// common convention is a reading with a cost, and the vocabulary decides which Cyrillic word was meant.

// latinReadings lists what the Latin letters at the start may stand for, the usual reading first.
var latinReadings = readingTable(`
a: а 0, ъ 0.25, я 0.9
b: б 0
c: ц 0, к 0.6, ч 0.6, с 0.8
ch: ч 0
ck: ц 0.1, к 0.4
cz: ц 0.2, ч 0.5
d: д 0
dj: дж 0
dz: дз 0
e: е 0, э 0.4
f: ф 0, в 0.9
g: г 0, ж 0.9
h: х 0
i: и 0, й 0.2, ь 0.6
ia: я 0.1, ия 0.1
ie: ие 0.1, йе 0.5
io: йо 0.2, ьо 0.2, ио 0.2
iq: ия 0
iu: ю 0.1, иу 0.3
iya: ия 0
ii: ий 0.1, ии 0.1
ij: ий 0.1
iy: ий 0.1
j: ж 0, й 0.3, дж 0.6
ja: я 0.1, жа 0.1
jo: йо 0.2, ьо 0.2, жо 0.2
ju: ю 0.1, жу 0.1
k: к 0
kh: х 0.3
ks: кс 0
l: л 0
m: м 0
n: н 0
o: о 0, у 0.9
p: п 0
ph: ф 0.3
q: я 0
r: р 0
s: с 0, ш 0.7, з 0.8
sh: ш 0, сх 0.6
sht: щ 0, шт 0.4
st: ст 0, щ 0.5
shch: щ 0.2
sch: щ 0.3, ш 0.4
t: т 0
tc: ц 0.2
ts: ц 0
tz: ц 0.1
u: у 0, ъ 0.3, ю 0.5
v: в 0, ж 0.6
w: в 0, ш 0.9
x: х 0, кс 0.3, ж 0.7, ь 0.8
y: ъ 0.1, й 0.1, у 0.4, и 0.4
ya: я 0
yi: йи 0.3
yo: йо 0, ьо 0.1
yu: ю 0
z: з 0, ж 0.8, ц 0.9
zh: ж 0
4: ч 0
6: ш 0
6t: щ 0, шт 0.4
6h: ш 0.3
6st: щ 0.2
č: ч 0
š: ш 0
št: щ 0
ž: ж 0
ě: е 0, я 0.2
ă: ъ 0
â: ъ 0
ǎ: ъ 0
û: ю 0
`)

// latinDefault is the reading of letters for words that the vocabulary doesn't know.
func latinDefault(in []rune) string {
	var b strings.Builder
	for i := 0; i < len(in); {
		best := reading{from: 1, to: string(in[i])}
		readLatin(in, i, func(r reading) {
			if r.cost <= 0.1 && r.from > best.from || best.to == string(in[i]) {
				best = r
			}
		})
		if in[i] == 'y' && best.from == 1 && i > 0 && strings.ContainsRune("aeiou", in[i-1]) {
			best.to = "й"
		}
		b.WriteString(best.to)
		i += best.from
	}
	return b.String()
}

// readLatin yields the readings of in at i. A doubled letter may stand for one.
func readLatin(in []rune, i int, yield func(reading)) {
	at := latinReadings
	for _, r := range in[i:] {
		if at = at.next[r]; at == nil {
			break
		}
		for _, r := range at.readings {
			yield(r)
		}
	}
	if i > 0 && in[i] == in[i-1] {
		yield(reading{from: 1, cost: 0.4})
	}
}

// readings are what runs of letters may stand for, letter by letter.
type readings struct {
	readings []reading
	next     map[rune]*readings
}

func readingTable(s string) *readings {
	root := &readings{next: map[rune]*readings{}}
	for line := range strings.Lines(s) {
		from, list, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		at := root
		for _, r := range from {
			if at.next[r] == nil {
				at.next[r] = &readings{next: map[rune]*readings{}}
			}
			at = at.next[r]
		}
		for item := range strings.SplitSeq(list, ", ") {
			to, cost, _ := strings.Cut(item, " ")
			c, err := strconv.ParseFloat(cost, 32)
			if err != nil {
				panic("reading " + line + err.Error()) // a fault in the table: every test finds it
			}
			at.readings = append(at.readings, reading{from: utf8.RuneCountInString(from), to: to, cost: float32(c)})
		}
	}
	return root
}

// skeletonLetters fold both scripts into one: what is said alike is written alike, whoever types it.
var skeletonLetters = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ж': "j", 'з': "z", 'и': "i", 'й': "i", 'к': "k", 'л': "l", 'м': "m",
	'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h", 'ц': "c", 'ч': "4", 'ш': "6", 'щ': "6t",
	'ъ': "a", 'ь': "", 'ю': "iu", 'я': "ia", 'ы': "i", 'э': "e", 'ё': "e", 'і': "i", 'ї': "i", 'є': "e", 'ґ': "g",
	'w': "v", 'x': "ks", 'q': "k", 'y': "i",
}

// Skeleton writes a word of either script in the common letters that character features are made of.
func Skeleton(word string) string {
	var b strings.Builder
	b.Grow(len(word))
	for _, r := range word {
		if s, ok := skeletonLetters[r]; ok {
			b.WriteString(s)
		} else if r < 128 && r != '\'' {
			b.WriteRune(r)
		}
	}
	return b.String()
}
