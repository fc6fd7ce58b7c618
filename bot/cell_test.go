package bot

import "testing"

func TestCell(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "текст": "текст", "a=b": "a=b", "=1+1": "'=1+1", "+359 88": "'+359 88", "-2": "'-2", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\r=1": "'\r=1", " =1": "' =1", "–тире": "–тире",
		"здравей;=HYPERLINK(A1)": "здравей;'=HYPERLINK(A1)", "ред\n-2": "ред\n'-2",
	} {
		if got := Cell(in); got != want {
			t.Errorf("%q goes out as %q, want %q", in, got, want)
		}
	}
}
