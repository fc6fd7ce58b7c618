// Package privacy finds personal numbers in what people type, and masks them before anything is stored, logged, embedded or
// sent to a model.
//
// It owns no tables. The bot masks every message with it, whoever wrote it; the console, the API and the terminal mask what they
// are asked; `orientir mask` does the same line by line. knowledge.Store.Mask adds the phones and addresses that are public.
//
// Masked: ЕГН and ЛНЧ that validate, IBAN, payment cards, numbers of identity documents and ПИК/ПИН beside a word that says so,
// passwords beside such a word, phone numbers and e-mail addresses. They are found written together or in groups, on one line or
// two, in other digits, with O for 0, glued to words, inside addresses, and spelled out in words.
//
// Kept: phones and addresses that stand in guides and help points (Public), 0700, 0800 and 0900, short numbers (112, 116 xxx,
// 150, 160, 166), a firm's ЕИК (9 or 13 digits; one that validates as ЕГН is a sole trader's and is masked), amounts, dates,
// numbers of files, articles and laws, vehicle plates (the issue of an office, seen by everybody in the street), and addresses
// of a state office's own mailbox.
package privacy

import (
	"slices"
	"strings"
)

// Kind says what was masked.
type Kind string

// The kinds of personal data that Mask knows.
const (
	EGN      Kind = "egn"
	LNCH     Kind = "lnch"
	IBAN     Kind = "iban"
	Card     Kind = "card"
	Document Kind = "document"
	Code     Kind = "code" // ПИК, ПИН
	Password Kind = "password"
	Phone    Kind = "phone"
	Email    Kind = "email"
)

// Token is what stands in the text instead. Tokens hold no digits, so nothing in them is found again.
func (k Kind) Token() string {
	switch k {
	case EGN:
		return "[ЕГН скрито]"
	case LNCH:
		return "[ЛНЧ скрито]"
	case IBAN:
		return "[IBAN скрит]"
	case Card:
		return "[номер на карта скрит]"
	case Document:
		return "[номер на документ скрит]"
	case Code:
		return "[код скрит]"
	case Password:
		return "[парола скрита]"
	case Phone:
		return "[телефон скрит]"
	}
	return "[имейл скрит]"
}

// Kinds lists the kinds in the order in which they are reported.
func Kinds() []Kind { return []Kind{EGN, LNCH, IBAN, Card, Document, Code, Password, Phone, Email} }

// Mask replaces personal numbers by words in brackets, and says which kinds there were, each once. Masking twice is masking once.
// public lists the phones and addresses that stay.
func Mask(text string, public ...*Public) (masked string, kinds []Kind) {
	return mask(text, nil, public)
}

// MaskButLines masks as Mask does, but leaves Bulgarian fixed lines, by their form: for words about an office whose telephone is wrong,
// which nobody is tied to. Mobile and foreign numbers are hidden all the same.
func MaskButLines(text string, public ...*Public) (masked string, kinds []Kind) {
	runes := []rune(text)
	var lines []string
	for _, s := range find(text, public) {
		if s.kind == Phone && fixedLine(string(runes[s.from:s.to])) {
			lines = append(lines, "тел. "+string(runes[s.from:s.to]))
		}
	}
	return mask(text, nil, append(slices.Clone(public), NewPublic(lines...)))
}

// MaskOnly masks some kinds and leaves the others as they are: in what editors publish, phones and accounts are an office's.
func MaskOnly(text string, only ...Kind) (masked string, kinds []Kind) {
	return mask(text, only, nil)
}

func mask(text string, only []Kind, public []*Public) (string, []Kind) {
	found := map[Kind]bool{}
	// What a pass took away may leave something else to be seen (a word that explained one number now stands nearer to another),
	// so it goes on until nothing is found. Each pass takes digits or an address away, so it ends.
	for {
		spans := find(text, public)
		if len(only) > 0 {
			spans = slices.DeleteFunc(spans, func(s span) bool { return !slices.Contains(only, s.kind) })
		}
		if len(spans) == 0 {
			break
		}
		for _, s := range spans {
			found[s.kind] = true
		}
		text = replace([]rune(text), spans)
	}
	var kinds []Kind
	for _, k := range Kinds() {
		if found[k] {
			kinds = append(kinds, k)
		}
	}
	return text, kinds
}

// Marked says whether something was masked in a text.
func Marked(text string) bool {
	return slices.ContainsFunc(Kinds(), func(k Kind) bool { return strings.Contains(text, k.Token()) })
}

// Contact gives the one phone number or e-mail address that a text consists of, with few words around it, as it was typed;
// false where there is none, or more than one. The text is an answer to the question for a phone, so that bare digits are one.
func Contact(text string) (value string, kind Kind, ok bool) {
	const mostAround = 40 // letters of «да, моля, звънете следобед на»
	value, kind, rest := contact(text, 0)
	if value == "" {
		const said = "тел. "
		value, kind, rest = contact(said+text, len([]rune(said)))
	}
	letters := len([]rune(strings.TrimSpace(rest)))
	return value, kind, value != "" && letters <= mostAround && (kind == Email || whole(value))
}

// contact finds the only personal thing in a text after its first runes, and what stands around it.
func contact(text string, from int) (value string, kind Kind, rest string) {
	spans := find(text, nil)
	runes := []rune(text)
	if len(spans) != 1 || spans[0].kind != Phone && spans[0].kind != Email || spans[0].from < from {
		return "", "", ""
	}
	s := spans[0]
	return strings.TrimSpace(string(runes[s.from:s.to])), s.kind, string(runes[from:s.from]) + string(runes[s.to:])
}

// span is a part of the text, in runes, that is personal.
type span struct {
	from, to int
	kind     Kind
}

// find gives the personal parts in order, not overlapping. What is looked for first wins.
func find(text string, public []*Public) []span {
	t := newReading(text, public)
	if !t.worth {
		return nil
	}
	var all []span
	taken := make([]bool, len(t.plain))
	for _, look := range []func(*reading) []span{emails, passwords, ibans, numbers, codes} {
		for _, s := range look(t) {
			if slices.Contains(taken[s.from:s.to], true) {
				continue
			}
			for i := s.from; i < s.to; i++ {
				taken[i] = true
			}
			all = append(all, s)
		}
	}
	for i := range all {
		all[i].from, all[i].to = t.at[all[i].from], t.at[all[i].to]
	}
	slices.SortFunc(all, func(a, b span) int { return a.from - b.from })
	return all
}

func replace(text []rune, spans []span) string {
	var out strings.Builder
	at := 0
	for _, s := range spans {
		out.WriteString(string(text[at:s.from]))
		out.WriteString(s.kind.Token())
		at = s.to
	}
	out.WriteString(string(text[at:]))
	return out.String()
}
