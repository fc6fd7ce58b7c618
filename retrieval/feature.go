package retrieval

// feature is a hashed property of a message: a stem, a pair of neighbouring stems, a run of letters in a word.
type feature = uint64

// featureKind keeps features of different kinds apart in the hash.
type featureKind byte

// The kinds of features.
const (
	stemFeature featureKind = iota + 1
	pairFeature
	skipFeature
	letterFeature
	wordFeature
	conceptFeature
	conceptPairFeature
)

// kindWeights balance the kinds: a story has ten runs of letters for each stem, and they must not drown it.
var kindWeights = [8]float32{stemFeature: 1, pairFeature: 1, skipFeature: 0.8, letterFeature: 0.6, wordFeature: 0.8, conceptFeature: 1.5, conceptPairFeature: 1}

// kindOf reads a feature's kind back: hashed keeps it in the lowest three bits.
func kindOf(f feature) featureKind { return featureKind(f & 7) }

// shortest and longest runs of letters, word boundaries included.
const (
	shortestRun = 3
	longestRun  = 5
)

// termFeatures are the features that one term of a message brings, so that training can drop a term whole.
type termFeatures []feature

// features lists what the model sees of a message, term by term, and of what its rare words mean as if that had been
// said. What common words mean the model has learned better from whole questions.
func (a Analysis) features() []termFeatures {
	list := termsFeatures(make([]termFeatures, 0, len(a.Terms)), a.Terms)
	for _, meaning := range a.Meant {
		if meaning.rare {
			list = termsFeatures(list, meaning.terms)
		}
	}
	return list
}

func termsFeatures(list []termFeatures, terms []Term) []termFeatures {
	var before, earlier string // stems of the last two terms
	var meant []string         // concepts of the last term that has any
	for _, t := range terms {
		f := make(termFeatures, 0, 24)
		f = append(f, hashed(stemFeature, t.Stem, ""))
		if t.Word != t.Stem {
			f = append(f, hashed(wordFeature, t.Word, ""))
		}
		if before != "" {
			f = append(f, hashed(pairFeature, before, t.Stem))
		}
		if earlier != "" && !t.Stop {
			f = append(f, hashed(skipFeature, earlier, t.Stem))
		}
		for _, c := range t.Concepts {
			f = append(f, hashed(conceptFeature, c, ""))
			for _, b := range meant {
				f = append(f, hashed(conceptPairFeature, min(b, c), max(b, c)))
			}
		}
		if len(t.Concepts) > 0 {
			meant = t.Concepts
		}
		f = letterRuns(f, "<"+Skeleton(t.Word)+">")
		if t.Corrected {
			f = letterRuns(f, "<"+Skeleton(t.Typed)+">")
		}
		earlier, before = before, t.Stem
		list = append(list, f)
	}
	return list
}

func letterRuns(f termFeatures, s string) termFeatures {
	for n := shortestRun; n <= longestRun; n++ {
		for i := 0; i+n <= len(s); i++ {
			f = append(f, hashed(letterFeature, s[i:i+n], ""))
		}
	}
	return f
}

// hashed is FNV-1a of 64 bits over kind and words, the lowest three bits replaced by the kind: the same on every machine, because weights outlive a process.
func hashed(k featureKind, a, b string) feature {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	h = (h ^ uint64(k)) * prime
	for i := 0; i < len(a); i++ {
		h = (h ^ uint64(a[i])) * prime
	}
	h = (h ^ 0xff) * prime
	for i := 0; i < len(b); i++ {
		h = (h ^ uint64(b[i])) * prime
	}
	return h&^7 | uint64(k)
}
