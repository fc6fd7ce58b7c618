package retrieval

import (
	"fmt"
	"strings"
	"time"

	"orientir/knowledge"
)

// phrases are what an answer says around the guides' own words, in one language.
type phrases struct {
	means                                                                              map[knowledge.Means]string
	exceptions, who, where, steps, identify, needed, fees, duration                    string
	deadlines, good, contact, link, source, seen, checked, unchecked, closed           string
	free, clarify, abstained, librarian, near, nearUnknown, where2                     string
	signpost, signpostNext, offtopic, advice, human, helpPoint, training, news, status string
	greeting, thanks, bye, robot, complaint, other                                     string
	formerly, replaced, local, office, localFee, due, expired, onlyIn                  string
	hoursUnknown, openUntil, opens, shut, phone, callOn                                string
	state, stateUnknown, unsaid, more, fraud, forgot                                   string
}

var bulgarianPhrases = phrases{
	means: map[knowledge.Means]string{
		knowledge.None: "не се иска", knowledge.KEP: "КЕП – електронен подпис, издава се от доставчик",
		knowledge.KEPCompany: "КЕП на фирмата или на упълномощен човек", knowledge.PIKNAP: "ПИК на НАП – код от данъчната служба",
		knowledge.PIKNOI: "ПИК на НОИ – код от осигурителния институт", knowledge.UKD: "УКД – код от здравната каса",
		knowledge.PINMunicipality: "ПИН на общината – код за местни данъци", knowledge.EAuth: "еАвт – общият вход за държавни услуги",
		knowledge.SSEV: "ССЕВ – електронната поща на държавата", knowledge.Profile: "профил в сайта на услугата",
		knowledge.Code: "номер и код от документа", knowledge.InPerson: "на място, с лична карта",
	},
	exceptions: "Важно, преди да започнете", who: "Кой може", where: "Къде", steps: "Стъпки", identify: "С какво се влиза", needed: "Какво Ви трябва",
	fees: "Такса", duration: "Колко време отнема", deadlines: "Срокове", good: "Добре е да знаете", contact: "За въпроси", link: "Официален адрес",
	source: "Източник", seen: "прочетен на %s", checked: "проверено от редактор на %s", unchecked: "още непотвърдено от редактор",
	closed: "Тази услуга вече не съществува в този вид. Вижте къде отивате сега.",
	free:   "безплатно", clarify: "Може да става дума за няколко услуги. Коя Ви трябва?",
	abstained:   "За това нямам проверено упътване.",
	librarian:   "Библиотекар може да Ви помогне. Напишете «искам човек».",
	near:        "Най-близката библиотека, която познавам:",
	nearUnknown: "Напишете в кой град или село сте. Ще Ви покажа най-близката библиотека, която познавам.",
	where2:      "Има няколко места с това име. Кое е Вашето?",
	signpost:    "Нямам упътване за това: %s. С това се занимава: %s.", signpostNext: "Библиотекар ще Ви помогне да я намерите.",
	offtopic: "С това не мога да помогна. Показвам къде и как се ползват електронни услуги.",
	advice:   "Не мога да давам съвет по личен, правен или медицински въпрос. Питайте специалист. Мога да покажа коя служба отговаря.",
	human:    "Ще Ви свържа с библиотекар. Аз съм програма и отговарям, докато чакате.", helpPoint: "В библиотеката ще Ви помогнат на място и безплатно.",
	training: "Библиотеките учат на компютър, интернет и електронни услуги. Попитайте най-близката кога.",
	news:     "Още нямам новини за Вас. Питайте ме за услуга.",
	status:   "Щом библиотекар отговори, ще го видите тук.",
	greeting: "Здравейте! Аз съм Ориентир – програма, която показва къде и как се ползват електронни услуги. Какво Ви трябва?",
	thanks:   "Моля! Питайте ме пак, когато Ви потрябва.", bye: "Довиждане и всичко добро!",
	robot:     "Аз съм програма, не човек. Показвам къде и как се ползват електронни услуги. Ако искате човек, ще Ви свържа с библиотекар.",
	complaint: "Съжалявам, че не помогнах. Опишете го с други думи или поискайте библиотекар.", other: "Тук съм. Напишете с няколко думи какво Ви трябва.",
	formerly: "„%s“ вече става тук: %s.", replaced: "Тази услуга е закрита: %s. Това вече става тук: %s.", local: "За община %s", office: "На място: %s", localFee: "Такса: %s",
	due:          "Внимание: това упътване трябваше да се провери до %s Нещо може да се е променило. Проверете на официалния адрес, преди да тръгнете.",
	expired:      "Това упътване е остаряло: трябваше да се провери до %s Не го показвам, за да не Ви подведа. Вижте официалната страница.",
	onlyIn:       "Важи само за община %s.",
	hoursUnknown: "Не знам работното време", callOn: "Не знам работното време, обадете се на %s", openUntil: "Отворено до %s ч.", opens: "Затворено. Отваря %s", shut: "Затворено", phone: "тел. %s",
	state: "Докъде е Вашето", stateUnknown: "Не виждам докъде е Вашето. Знае го: %s.",
	unsaid: "Това упътването не го казва. Проверете на официалния адрес.", more: "Още:", forgot: "Забравих мястото.",
	fraud: "Спрете. Не казвайте код, ПИН и парола, не превеждайте пари. Затворете телефона. Обадете се на банката на номера от гърба на картата. После на 112.",
}

var englishPhrases = phrases{
	means: map[knowledge.Means]string{
		knowledge.None: "nothing", knowledge.KEP: "КЕП – a qualified electronic signature, from a provider",
		knowledge.KEPCompany: "КЕП of the company or of an authorised person", knowledge.PIKNAP: "ПИК на НАП – a code from the tax office",
		knowledge.PIKNOI: "ПИК на НОИ – a code from the social security institute", knowledge.UKD: "УКД – a code from the health insurance fund",
		knowledge.PINMunicipality: "ПИН на общината – a code for local taxes", knowledge.EAuth: "еАвт – the common sign-in for state services",
		knowledge.SSEV: "ССЕВ – the state’s electronic mail", knowledge.Profile: "an account on the service’s own site",
		knowledge.Code: "the number and the code on your document", knowledge.InPerson: "in person, with your ID card",
	},
	exceptions: "Important before you start", who: "Who can use it", where: "Where", steps: "Steps", identify: "How you sign in", needed: "What you need",
	fees: "Fee", duration: "How long it takes", deadlines: "Deadlines", good: "Good to know", contact: "Questions", link: "Official address",
	source: "Source", seen: "read on %s", checked: "checked by an editor on %s", unchecked: "not yet confirmed by an editor",
	closed: "This service no longer exists in this form. See where to go now.",
	free:   "free", clarify: "This may be about one of several services. Which one do you need?",
	abstained:   "I have no checked guide for this.",
	librarian:   "A librarian can help you. Write “talk to a person”.",
	near:        "The nearest library I know:",
	nearUnknown: "Tell me your town or village. I will show you the nearest library I know.",
	where2:      "Several places have this name. Which one is yours?",
	signpost:    "I have no guide for this: %s. The competent institution is %s.", signpostNext: "A librarian will help you find it.",
	offtopic: "I cannot help with that. I show where and how to use e-services.",
	advice:   "I cannot give personal, legal or medical advice. Please ask a professional. I can show which office is in charge.",
	human:    "I will bring in a librarian. I am a program, and I keep answering while you wait.", helpPoint: "The library helps you on the spot, free of charge.",
	training: "Libraries teach computers, the internet and e-services. Ask the nearest one when.",
	news:     "There is no news for you yet. Ask me about a service.",
	status:   "As soon as a librarian replies, you will see it here.",
	greeting: "Hello! I am Orientir, a program that shows where and how to use e-services in Bulgaria. What do you need?",
	thanks:   "You are welcome! Ask me again whenever you need.", bye: "Goodbye and all the best!",
	robot:     "I am a program, not a person. I show where and how to use e-services. If you want a person, I will bring in a librarian.",
	complaint: "I am sorry that I did not help. Describe it in other words, or ask for a librarian.", other: "I am here. Write in a few words what you need.",
	formerly: "“%s” is now done here: %s.", replaced: "This service is closed: %s. It is now done here: %s.", local: "In the municipality of %s", office: "In person: %s", localFee: "Fee: %s",
	due:          "Please note: this guide was due to be checked by %s. Something may have changed. Check at the official address before you set out.",
	expired:      "This guide is out of date: it was due to be checked by %s. I do not show it, so as not to mislead you. See the official page.",
	onlyIn:       "It holds only in the municipality of %s.",
	hoursUnknown: "I do not know the opening hours", callOn: "I do not know the opening hours, please call %s", openUntil: "Open until %s", opens: "Closed. Opens %s", shut: "Closed", phone: "tel. %s",
	state: "How your case stands", stateUnknown: "I cannot see how your case stands. Who knows: %s.",
	unsaid: "The guide does not say this. Check at the official address.", more: "More:", forgot: "I have forgotten the place.",
	fraud: "Stop. Tell nobody a code, PIN or password, and send no money. Hang up. Call your bank at the number on the back of your card. Then call 112.",
}

func phrasesOf(l knowledge.Language) *phrases {
	if l == knowledge.English {
		return &englishPhrases
	}
	return &bulgarianPhrases
}

// The first words of a text in a language that guides are not written in.
const (
	englishLine  = "(This guide is in Bulgarian, because the service is. A librarian can help you with it.)"
	turkishLines = "Merhaba! Acil durumda 112’yi arayın. Size en yakın kütüphaneyi gösterebilirim veya sizi bir kütüphaneciye bağlayabilirim. Bulunduğunuz yeri yazın."
)

// dangers are the first words where life is in danger, by topic; other topics read as danger. 112, 116 111 and
// 0800 1 86 76 are national and free.
var dangers = map[knowledge.Language]map[string]string{
	knowledge.Bulgarian: {
		"danger":   "Обадете се веднага на 112. Кажете къде сте и какво става. Обаждането е безплатно.",
		"fire":     "Излезте навън и се обадете веднага на 112. Не се връщайте за вещи.",
		"gas":      "Излезте навън, не палете нищо и не пипайте ключове. Обадете се на 112 отвън.",
		"medical":  "Обадете се веднага на 112. Ще Ви кажат какво да правите, докато дойде линейката.",
		"violence": "Ако сте в опасност, обадете се веднага на 112. За домашно насилие: 0800 1 86 76, денонощно и безплатно.",
		"child":    "Обадете се веднага на 112. За дете в опасност има и линия 116 111, денонощно и безплатно.",
		"suicide":  "Не сте сами. Обадете се сега на 112 или на близък човек и кажете как се чувствате. За деца и младежи: 116 111, денонощно и безплатно.",
	},
	knowledge.English: {
		"danger":   "Call 112 now. Say where you are and what is happening. The call is free.",
		"fire":     "Get outside and call 112 now. Do not go back for your things.",
		"gas":      "Go outside, light nothing and touch no switches. Call 112 from outside.",
		"medical":  "Call 112 now. They will tell you what to do until the ambulance comes.",
		"violence": "If you are in danger, call 112 now. For domestic violence: 0800 1 86 76, day and night, free.",
		"child":    "Call 112 now. For a child in danger there is also 116 111, day and night, free.",
		"suicide":  "You are not alone. Call 112 now, or someone close to you, and say how you feel. For children and young people: 116 111, day and night, free.",
	},
}

const turkishDanger = "Hemen 112’yi arayın. Nerede olduğunuzu ve ne olduğunu söyleyin."

func dangerWords(l knowledge.Language, topic string) string {
	if l != knowledge.English {
		l = knowledge.Bulgarian
	}
	if words, ok := dangers[l][topic]; ok {
		return words
	}
	return dangers[l]["danger"]
}

// euros writes cents as people do: 15,34 € or €15.34; zero is free.
func (p *phrases) euros(cents int64) string {
	switch {
	case cents == 0:
		return p.free
	case p == &englishPhrases:
		return fmt.Sprintf("€%d.%02d", cents/100, cents%100)
	case cents%100 == 0:
		return fmt.Sprintf("%d €", cents/100)
	}
	return fmt.Sprintf("%d,%02d €", cents/100, cents%100)
}

var months = strings.Fields("януари февруари март април май юни юли август септември октомври ноември декември")

// date writes a day as people do: 22 ноември 2026 г. or 22 November 2026.
func (p *phrases) date(t time.Time) string {
	if p == &englishPhrases {
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d %s %d г.", t.Day(), months[t.Month()-1], t.Year())
}
