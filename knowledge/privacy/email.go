package privacy

import (
	"slices"
	"strings"
	"unicode"
)

// stateDomains are those whose offices' own mailboxes are kept.
var stateDomains = []string{"egov.bg", "government.bg", "nra.bg", "noi.bg", "nssi.bg", "nhif.bg", "his.bg", "mvr.bg", "mfa.bg", "mjs.bg", "justice.bg", "registryagency.bg", "cadastre.bg",
	"bgtoll.bg", "customs.bg", "nsi.bg", "bnb.bg", "kzp.bg", "cpdp.bg", "crc.bg", "dker.bg", "dfz.bg", "bpo.bg", "bfsa.bg", "mon.bg", "nacid.bg", "cik.bg"}

// mailboxes are the names of an office's mailbox: nobody's own.
var mailboxes = []string{"info", "infocenter", "infocentre", "office", "contact", "contacts", "help", "helpdesk", "support", "delovodstvo", "registratura", "priemna", "signali", "press", "noi", "nra", "customer"}

// emails finds e-mail addresses, also with spaces around the @, with «(at)» for it, and inside the address of a page.
func emails(t *reading) (found []span) {
	for at := range t.plain {
		width := t.atSign(at)
		if width == 0 {
			continue
		}
		from, to := t.mailbox(at), t.domain(at+width)
		if from == at || to == 0 {
			continue
		}
		if !t.official(string(t.plain[from:at]), string(t.plain[at+width:to])) {
			found = append(found, span{from, to, Email})
		}
	}
	return found
}

// atSign says how many runes of an @ stand at a place: it may be written «(at)», or «%40» in an address.
func (t *reading) atSign(at int) int {
	switch r := t.plain[at]; r {
	case '@':
		return 1
	case '(', '[', '{', '%':
		rest := string(t.plain[at:min(len(t.plain), at+12)])
		for _, sign := range []string{"%40", "(at)", "[at]", "{at}", "(@)", "[@]", "(ат)", "(маймунка)", "(кльомба)"} {
			if strings.HasPrefix(rest, sign) {
				return len([]rune(sign))
			}
		}
	}
	return 0
}

func blank(r rune) bool { return r == ' ' || r == '\t' }

// mailbox gives where the part before the @ begins; at itself where there is none.
func (t *reading) mailbox(at int) int {
	from := at
	for from > 0 && blank(t.plain[from-1]) && at-from < 2 {
		from--
	}
	begin := from
	for from > 0 && (unicode.IsLetter(t.plain[from-1]) || digit(t.plain[from-1]) || strings.ContainsRune("._%+-'", t.plain[from-1])) {
		from--
	}
	if from == begin {
		return at
	}
	return from
}

// domain gives where the part after the @ ends, with a dot in it; 0 where it is none. Around its last dot there may be a space.
func (t *reading) domain(from int) int {
	label := func(i int) int {
		for i < len(t.plain) && (unicode.IsLetter(t.plain[i]) || digit(t.plain[i]) || t.plain[i] == '-') {
			i++
		}
		return i
	}
	skip := func(i int) int {
		for n := 0; i < len(t.plain) && blank(t.plain[i]) && n < 2; n++ {
			i++
		}
		return i
	}
	to, dots := label(skip(from)), 0
	for to > from {
		dot := to
		spaced := skip(to)
		switch {
		case dot < len(t.plain) && t.plain[dot] == '.':
			dot++
		case spaced < len(t.plain) && t.plain[spaced] == '.' && dots == 0:
			dot = spaced + 1
		case spaced < len(t.plain) && strings.HasPrefix(string(t.plain[spaced:min(len(t.plain), spaced+5)]), "(dot)"):
			dot = spaced + 5
		default:
			dot = 0
		}
		if dot == 0 {
			break
		}
		next := skip(dot)
		end := label(next)
		if end == next || next > dot && dots > 0 || (next > dot || spaced > to) && end-next > 4 {
			break
		}
		to, dots = end, dots+1
	}
	if dots == 0 {
		return 0
	}
	return to
}

// official says whether an address is public: a known one, or a state office's own mailbox.
func (t *reading) official(mailbox, domain string) bool {
	mailbox, domain = strings.TrimSpace(mailbox), strings.TrimSpace(domain)
	for _, p := range t.public {
		if p.address(mailbox + "@" + domain) {
			return true
		}
	}
	return slices.Contains(mailboxes, mailbox) &&
		slices.ContainsFunc(stateDomains, func(d string) bool { return domain == d || strings.HasSuffix(domain, "."+d) })
}
