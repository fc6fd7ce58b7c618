package retrieval

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"orientir/knowledge"
)

// draft is what a model writes: sentences, each with the fields that it rests on.
type draft struct {
	Language  string     `json:"language"`
	Answers   bool       `json:"answers"` // the guide answers the question
	Sentences []sentence `json:"sentences"`
}

type sentence struct {
	Text string   `json:"text"`
	From []string `json:"from"` // tokens
}

// The bounds of a text: a few sentences, because the whole guide stands above them.
const (
	mostSentences       = 10
	mostSentenceLetters = 320
	mostDraftLetters    = 1600
)

// unfaithful tells what in a model's text does not stand in the guide, or what of the guide it leaves out; "" means that nothing
// was found. It errs on the side of refusing: the laid-out guide is always there instead.
func (c cited) unfaithful(d draft) (fault string) {
	switch {
	case d.Language != string(c.language):
		return "language " + d.Language
	case len(d.Sentences) == 0:
		return "nothing"
	case len(d.Sentences) > mostSentences:
		return "too many sentences"
	}
	letters := 0
	var whole []string
	for _, s := range d.Sentences {
		if fault := c.unfaithfulSentence(s); fault != "" {
			return fault
		}
		letters += utf8.RuneCountInString(s.Text)
		whole = append(whole, linkToken.ReplaceAllString(s.Text, " "))
	}
	if letters > mostDraftLetters {
		return "too long"
	}
	if fault := otherLanguage(strings.Join(whole, " "), c.language); fault != "" {
		return fault
	}
	return c.dropped(d)
}

// unfaithfulSentence checks one sentence by itself.
func (c cited) unfaithfulSentence(s sentence) (fault string) {
	text := strings.TrimSpace(s.Text)
	switch {
	case text == "":
		return "an empty sentence"
	case utf8.RuneCountInString(text) > mostSentenceLetters:
		return "a long sentence"
	case strings.ContainsFunc(text, hidden):
		return "hidden characters"
	case len(s.From) == 0:
		return "a sentence from nowhere"
	}
	var from []field
	for _, token := range s.From {
		f, ok := c.field(token)
		if !ok {
			return "cites " + token
		}
		from = append(from, f)
	}
	if _, ok := c.written(text); !ok {
		return "a link of its own"
	}
	bare := linkToken.ReplaceAllString(text, " ")
	if address := addressPattern.FindString(bare); address != "" || strings.Contains(bare, "@") {
		return "address " + address
	}
	if strings.ContainsAny(bare, "<>[]{}|`*#\\") || orders(bare) {
		return "speaks to a program"
	}
	if fault := c.strangeFacts(bare, from); fault != "" {
		return fault
	}
	if fault := c.strangeWords(bare); fault != "" {
		return fault
	}
	return turned(bare, from)
}

// hidden tells characters that change what is read without being seen.
func hidden(r rune) bool { return invisible(r) || unicode.IsControl(r) && r != '\n' }

// strangeFacts checks a sentence's facts: amounts and times against the fields that it cites, so that one fee can't pass for
// another's; all else against the guide.
func (c cited) strangeFacts(text string, from []field) (fault string) {
	for fact := range factsOf(listNumber.ReplaceAllString(text, "")) {
		if !c.facts[fact] {
			return fact
		}
		if (strings.HasPrefix(fact, "число ") || fact == "безплатно") && !slices.ContainsFunc(from, func(f field) bool { return f.facts[fact] }) {
			return "not from there: " + fact
		}
	}
	return c.swappedFee(text, from)
}

// swappedFee finds an amount beside the words of another fee.
func (c cited) swappedFee(text string, from []field) (fault string) {
	var fees []field
	for _, f := range c.fields {
		if strings.HasPrefix(f.Token, "fee.") && f.Token != "fee.note" {
			fees = append(fees, f)
		}
	}
	if len(fees) < 2 {
		return ""
	}
	for _, clause := range clausePattern.Split(text, -1) {
		amounts, words := factsOf(clause), stemsOf(clause)
		for amount := range amounts {
			if !strings.HasSuffix(amount, " €") {
				continue
			}
			own, others := false, false
			for _, fee := range fees {
				for stem := range fee.stems {
					if !words[stem] || strings.ContainsAny(stem, "0123456789") || everyFee(fees, stem) {
						continue
					}
					if fee.facts[amount] {
						own = true
					} else {
						others = true
					}
				}
			}
			if others && !own {
				return "the amount of another fee: " + amount
			}
		}
	}
	return ""
}

var clausePattern = regexp.MustCompile(`(?i)[;:]|, | а | но | and | but | while `)

func everyFee(fees []field, stem string) bool {
	return !slices.ContainsFunc(fees, func(f field) bool { return !f.stems[stem] })
}

// strangeWord is of how many subject words of a sentence one may be the model's own, to join what the guide says. So a short
// sentence has none: in «За чужденец подава родител» one word that is not the guide's changes everything.
const strangeWord = 4

// strangeWords finds a name that the guide doesn't hold, and a sentence that hardly speaks of what the guide does.
func (c cited) strangeWords(text string) (fault string) {
	own, all := 0, 0
	for _, t := range cut(Normalize(text), maxGuideTokens) {
		if t.Script == Number || glueWords[t.Text] || numberWords[t.Text] != "" {
			continue
		}
		all++
		if !c.stems[stemOf(t)] {
			own++
		}
	}
	if own > all/strangeWord {
		return fmt.Sprintf("words of its own: %d of %d", own, all)
	}
	for _, name := range namePattern.FindAllStringSubmatch(text, -1) {
		if word := Normalize(name[1]); !stopWords[word] && !c.stems[Stem(word)] && !c.stems[stemEnglish(word)] {
			return "name " + name[1]
		}
	}
	return ""
}

// namePattern finds a capitalised word within a sentence. «Вие» and its forms are polite, not names.
var namePattern = regexp.MustCompile(`[\p{Ll}\p{Nd},»“”)] [„«“"]?(\p{Lu}\p{Ll}[\p{L}-]*)`)

// glueWords join what a guide says; they state nothing.
var glueWords = func() map[string]bool {
	m := set(`вие ви вас ваш вашия вашата вашите вашето трябва нужно нужни необходимо необходими можете може могат отворете отидете влезте изберете попълнете подайте
		платете вижте проверете изпратете натиснете потвърдете вземете носете имайте обадете пазете следвайте направете кликнете изтеглете подпишете
		става стават ставате таксата такса цената струва услугата услуга срок срока срокът става отнема готово готов документ документи документа
		въпрос въпроси стават дни ден от до
		адрес адресът адреса официалният официален сайт сайта онлайн лично място после накрая първо след това преди важно внимание само също например
		получавате получите получава подава подавате се заявлението заявление затова ако иначе друг друга човек хора лице лица
		you your please open go sign log in choose fill submit pay see check send click confirm take bring call follow download fee cost costs price service takes time
		ready document documents address official site website online person then finally first before after important note only also example receive get apply application
		need needed required use who everyone anyone`)
	for w := range stopWords {
		m[w] = true
	}
	return m
}()

// turned finds a sentence that says yes where what it cites says no, or the other way round: every word of «За друг човек може»
// stands in «За друг човек не може».
func turned(text string, from []field) (fault string) {
	words := stemsOf(text)
	nearest, shared := "", 0
	for _, f := range from {
		for _, s := range sentencePattern.Split(f.Text, -1) {
			n := 0
			for stem := range stemsOf(s) {
				if words[stem] {
					n++
				}
			}
			if n > shared || n == shared && n > 0 && denies(s) == denies(text) {
				nearest, shared = s, n
			}
		}
	}
	if shared > 0 && denies(nearest) != denies(text) {
		return "says the opposite of what it cites"
	}
	return ""
}

var (
	sentencePattern = regexp.MustCompile(`[.!?;]\s+`)
	denial          = regexp.MustCompile(`(?i)(?:^|\P{L})(?:не|няма|нямат|нямате|без|нито|никой|никога|освен|забранено|невъзможно|отказва\p{L}*|not|no|never|without|cannot|can['’]?t|don['’]?t|doesn['’]?t|isn['’]?t|aren['’]?t|won['’]?t|none|except|unless|nobody|impossible|forbidden)(?:\P{L}|$)`)
)

func denies(text string) bool { return denial.MatchString(text) }

// dropped finds an exception that may not be left out and that no sentence tells.
func (c cited) dropped(d draft) (fault string) {
	for _, f := range c.fields {
		if f.Must && !slices.ContainsFunc(d.Sentences, func(s sentence) bool { return slices.Contains(s.From, f.Token) && f.toldBy(s.Text) }) {
			return "leaves out " + f.Token
		}
	}
	return ""
}

// toldShare is how many of an exception's subject words tell it.
const toldShare = 0.5

func (f field) toldBy(text string) bool {
	words, told := stemsOf(text), 0
	for stem := range f.stems {
		if words[stem] {
			told++
		}
	}
	return float64(told) >= toldShare*float64(len(f.stems))
}

// otherLanguage tells a text that is not in the language asked for: by its letters, and of Russian and Ukrainian by theirs.
func otherLanguage(text string, l knowledge.Language) (fault string) {
	cyrillic, latin := 0, 0
	for _, r := range text {
		switch {
		case strings.ContainsRune("ыэёЫЭЁіїєґІЇЄҐ", r):
			return "language by its letters"
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic++
		case unicode.Is(unicode.Latin, r):
			latin++
		}
	}
	if l == knowledge.English && cyrillic > latin || l != knowledge.English && latin*2 > cyrillic {
		return "language by its letters"
	}
	return ""
}
