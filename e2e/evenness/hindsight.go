package evenness

import "time"

// Hindsight is the most even output that anybody could have made of the same analyses, in their
// order and at the given mean age, had he known from the beginning when each would end. No
// collector can beat it, so it shows which evenness can be asked for.
//
// ended are the results in the order of their frames, each released when its analysis ended. No
// result can leave before that: r[k] ≥ e[k]. Under that, the variance of the intervals
// r[k] − r[k−1] plus a price λ on age is least where each r[k] is (r[k−1] + r[k+1] − λ)/2 or e[k],
// whichever is later: a curve that bends upwards and rests on the ends. Sweeping until nothing
// moves finds it; a higher λ makes it younger and less even, and halving finds the λ for the age.
// Negative intervals are not forbidden here, so a real collector's best can only be less even than
// this.
func Hindsight(ended []Result, age time.Duration) []Result {
	low, high := 0., float64(200*time.Millisecond)
	for range 12 {
		price := (low + high) / 2
		if Of(smooth(ended, price)).Mean > age {
			low = price
		} else {
			high = price
		}
	}
	return smooth(ended, high)
}

// smooth solves it for one price.
func smooth(ended []Result, price float64) []Result {
	r := make([]float64, len(ended))
	for k, o := range ended {
		r[k] = float64(o.Released)
		if k > 0 {
			r[k] = max(r[k], r[k-1])
		}
	}
	const relaxed = 1.7 // over-relaxation, which needs a tenth of the sweeps
	for range 400 {
		for k := 1; k < len(r)-1; k++ {
			better := (r[k-1] + r[k+1] - price) / 2
			r[k] = max(float64(ended[k].Released), r[k]+relaxed*(better-r[k]))
		}
	}
	out := make([]Result, len(ended))
	for k, o := range ended {
		out[k] = Result{o.Seq, o.Captured, time.Duration(r[k])}
	}
	return out
}
