package retrieval

import "strings"

// stopWords carry no subject: they neither enter bigrams nor the lexical query. Chosen by hand from the closed classes
// (pronouns, prepositions, conjunctions, particles, auxiliaries); question words stay out of the lexical query too.
var stopWords = set(`
а аз ако ала ама ами абе ба бе без беше би бил била били било бих бъда бъде бяха в вас ваш ваша ваше ви вие во все всеки всичко всяка вътре
г ги го да дали де дето до докато дори други друг друга
е едва един една едно ето
за защо защото зад здравейте здрасти значи
и из или им има имам имаме имате имаш ив иска искам искаме искат иначе
й к как какъв каква какво какви като ката кво кога което която които който къде към
ли м ме между ми мен мене моя моят моята мое моето мои моите може мога можем можете можеш много му
на над най нали него неговия нея нея неин не нещо ни ние никой нито но някак някой някаква някакъв някакво няма нямам нас наш наша наше
о обаче около онова оня онази онзи още от откъде
па пак по под после почти пред през при пък преди после
с са сам сега се си след само са ся със съм сме сте съответно също
т та така такъв такава такива там те теб тебе ти то това този тоя тая тази тези тия тогава той тя ту тук точно трябва трябвало
у уж ъ ъъ ъъъ
ха хич ще че чак чрез щото щом щях ще
я добър ден моля питам попитам кажете искам някъде
a about am an and any are as at be been but by can could did do does for from get had has have he her him his how i id if im in into is it its
ive just me my no not of on or our out she should so some than that the their them then there these they this to up us was we were what when where
which while who whom why will with would you your
что это как где мне меня мой моя мое на в и не или то ли у за для по из от до при с к о об я он она они мы вы если чтобы можно нужно надо уже
що це як де мені мене моя мій чи та і й з зі із у в на до від для по про якщо щоб можна треба потрібно вже я він вона вони ми ви
`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}
