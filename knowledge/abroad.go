package knowledge

import "strings"

// abroad finds a place outside Bulgaria in a text, as it is called in Bulgarian, and how surely it is where the person is; "" and -1 where none is named.
// Only whole words count, and settlements of ours are looked for as well: who says both is where the surer sign points.
func abroad(tokens []token) (name string, weight int) {
	weight = -1
	for i, t := range tokens {
		var found string
		for _, key := range t.keys {
			if found = foreign[key]; found != "" {
				break
			}
		}
		if found == "" || i > 0 && (notSettlement[tokens[i-1].text] || others(tokens, i)) {
			continue
		}
		_, w := sign(tokens[max(0, i-6):i])
		if w = max(w, named-1); len(tokens) <= 2 {
			w = max(w, located)
		}
		if w > weight {
			name, weight = found, w
		}
	}
	return name, weight
}

// foreign are the countries and towns where most Bulgarians abroad live, and our neighbours', by their folded names.
var foreign = func() map[string]string {
	out := map[string]string{}
	for line := range strings.SplitSeq(`
Германия germany deutschland|Англия england|Великобритания britain uk|Шотландия scotland|Ирландия ireland|Испания spain|Италия italy|Гърция greece|Турция turkey
Румъния romania|Сърбия serbia|Македония macedonia|Австрия austria|Швейцария switzerland|Франция france|Белгия belgium|Холандия holland netherlands|Нидерландия
Дания denmark|Швеция sweden|Норвегия norway|Кипър cyprus|Португалия portugal|Чехия czechia|Полша poland|Унгария hungary|Русия russia|Украйна ukraine|Молдова moldova
Америка america usa|САЩ|Канада canada|Австралия australia|Израел israel|Дубай dubai
Лондон london|Манчестър manchester|Бирмингам birmingham|Дъблин dublin|Единбург edinburgh|Берлин berlin|Мюнхен munich münchen|Хамбург hamburg|Франкфурт frankfurt|Кьолн cologne köln
Щутгарт stuttgart|Дортмунд dortmund|Виена vienna wien|Грац graz|Цюрих zurich|Женева geneva|Париж paris|Лион lyon|Брюксел brussels|Амстердам amsterdam|Хага|Ротердам rotterdam
Мадрид madrid|Барселона barcelona|Валенсия valencia|Малага malaga|Рим rome|Милано milano milan|Неапол|Атина athens|Солун thessaloniki|Истанбул istanbul|Одрин edirne|Анкара ankara
Букурещ bucharest|Белград belgrade|Ниш|Скопие skopje|Прага prague|Варшава warsaw|Будапеща budapest|Москва moscow|Киев kyiv kiev|Одеса odesa odessa|Копенхаген copenhagen
Стокхолм stockholm|Осло oslo|Лисабон lisbon|Никозия nicosia|Лимасол limassol|Чикаго chicago|Торонто toronto`, "\n") {
		for entry := range strings.SplitSeq(line, "|") {
			words := strings.Fields(entry)
			for _, w := range words {
				for _, key := range []string{foldCyrillic(strings.ToLower(w)), strings.ToLower(w)} {
					out[key] = words[0]
				}
			}
		}
	}
	return out
}()
