package knowledge

import "slices"

// parted splits mentions into those of the person's own place and those of others'.
func parted(all []mention) (own, theirs []mention) {
	for _, m := range all {
		if m.others {
			theirs = append(theirs, m)
		} else {
			own = append(own, m)
		}
	}
	return own, theirs
}

// others says whether the place that begins at a token is said as somebody else's, «внук в София», «майка ми живее във Видин», or as where
// some thing is or a journey goes, «имот в Бургас», «билет до Варна». Whoever says «живея», «ние сме» in the same breath speaks of themselves.
func others(tokens []token, at int) bool {
	const reach = 9 // words before a name that may say whose it is
	for i := at - 1; i >= max(0, at-reach); i-- {
		t := tokens[i]
		after := tokens[i+1 : at]
		switch {
		case has(t, ownVerbs):
			return false
		case has(t, kin) && (has(t, nearKin) || possessed(tokens, i)):
			return !ownBefore(tokens, i)
		case has(t, things) && atOnce(after):
			return !ownAround(tokens, i)
		case has(t, journeys) && len(after) <= 3:
			return true
		}
		if boundary(tokens, i) {
			return false
		}
	}
	return false
}

// ownBefore says whether the person speaks of themselves with somebody: «живея със сина си в Пловдив», «при дъщеря ми съм».
func ownBefore(tokens []token, at int) bool {
	return at > 0 && has(tokens[at-1], together) && ownAround(tokens, at)
}

// ownAround says whether the person speaks of themselves in the clause that leads to a token: «живея в къща в Хасково».
func ownAround(tokens []token, at int) bool {
	for i := at - 1; i >= max(0, at-6); i-- {
		if has(tokens[i], ownVerbs) {
			return true
		}
		if boundary(tokens, i) {
			return false
		}
	}
	return false
}

// possessed says whether somebody is said to be the person's: «майка ми», «майката», «my mother».
func possessed(tokens []token, at int) bool {
	return at+1 < len(tokens) && has(tokens[at+1], possessives) || at > 0 && has(tokens[at-1], possessives) || has(tokens[at], definiteKin)
}

// atOnce says whether nothing but small words stand between a thing and its place: «имот ни в Бургас».
func atOnce(between []token) bool {
	return !slices.ContainsFunc(between, func(t token) bool {
		return !locative[t.text] && !has(t, possessives) && t.text != "на" && t.text != "гр" && t.text != "град"
	})
}

// boundary says whether another thought begins at a token: a sentence, or a clause that no relative pronoun ties to the one before.
func boundary(tokens []token, at int) bool {
	t := tokens[at]
	return t.first || (t.comma || has(t, turns)) && !has(t, relatives)
}

// has says whether a token is one of these words, in any alphabet.
func has(t token, words map[string]bool) bool {
	return words[t.text] || slices.ContainsFunc(t.keys, func(key string) bool { return words[key] })
}

// folded are words as spellings compares them, and as they are.
func folded(words string) map[string]bool {
	out := set(words)
	for w := range set(words) {
		for _, key := range spellings(w) {
			out[key] = true
		}
	}
	return out
}

// Words that say whose a place is. Those of one letter or two are compared as they are typed, so that «с» and «со» stay apart.
var (
	ownVerbs = folded(`живея живеем съм сме намирам намираме пребивавам преместих преместихме настанен настанени live am аз ние живу живём живем проживаю`)
	kin      = folded(`внук внука внукът внучка внучката внуци внуците внучето син сина синът дъщеря дъщерята дъщери брат брата братът сестра сестрата майка майката мама баща бащата татко
		родители родителите баба бабата дядо деца децата дете детето леля чичо вуйчо братовчед братовчедка племенник племенница свекърва тъща снаха зет роднина роднини приятел приятелка приятели
		съсед съседка колега колежка жена мъж съпруг съпруга момиче момче grandson granddaughter son daughter brother sister mother father parents grandmother
		grandfather friend aunt uncle cousin wife husband сын сына дочь дочка мать отец сестра бабушка друг подруга`)
	nearKin     = folded(`внук внука внучка внуци внучето син сина дъщеря дъщери брат брата сестра братовчед братовчедка племенник племенница роднина роднини приятел приятелка grandson granddaughter`)
	definiteKin = folded(`внукът внучката внуците синът дъщерята братът сестрата майката бащата родителите бабата децата детето`)
	possessives = folded(`ми ни ѝ му им си мой моят моя моята моите наш нашия my our his her their мой моя мои`)
	things      = folded(`имот имота имотът имоти апартамент апартамента апартаментът къща къщата нива нивата ниви земя земята вила вилата парцел гараж наследство жилище property flat apartment house land`)
	journeys    = folded(`пътувам пътуваме заминавам билет билети командировка екскурзия почивка ticket travel travelling trip`)
	together    = folded(`със с при with s`)
	turns       = folded(`а но ала обаче but`)
	relatives   = folded(`който която които когото дето who which that`)
)
