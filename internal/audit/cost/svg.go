package cost

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// The picture's measures, in pixels.
const (
	svgWidth, svgLabel, svgNumber = 900, 280, 90
	svgRow, svgBar, svgTop        = 26, 16, 44
)

// SVG draws the same bars as a picture, which needs nothing beside it and runs nothing.
func SVG(lines []Line, title string) string {
	all := bars(lines)
	longest := 0.0
	for _, b := range all {
		longest = max(longest, b.hours)
	}
	var s strings.Builder
	height := svgTop + svgRow*len(all) + 10
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="system-ui, sans-serif" font-size="13">`+"\n",
		svgWidth, height, svgWidth, height)
	fmt.Fprintf(&s, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n<text x=\"12\" y=\"26\" font-size=\"15\" font-weight=\"600\" fill=\"#1b1f24\">%s</text>\n",
		escaped(title), escaped(title))
	for i, b := range all {
		y := svgTop + svgRow*i
		width := 0.0
		if longest > 0 {
			width = b.hours / longest * (svgWidth - svgLabel - svgNumber - 24)
		}
		fmt.Fprintf(&s, "<g><title>%s: %s</title>", escaped(b.label), hours(b.hours))
		fmt.Fprintf(&s, `<text x="%d" y="%d" text-anchor="end" fill="#1b1f24">%s</text>`, svgLabel, y+13, escaped(shortened(b.label)))
		fmt.Fprintf(&s, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="2" fill="#2f6f9f"/>`, svgLabel+12, y, width, svgBar)
		fmt.Fprintf(&s, `<text x="%.1f" y="%d" fill="#57606a">%s</text></g>`+"\n", svgLabel+18+width, y+13, hours(b.hours))
	}
	return s.String() + "</svg>\n"
}

// shortened is a label that fits beside the bars; the whole one is its title.
func shortened(label string) string {
	const most = 38
	if runes := []rune(label); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return label
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a strings.Builder takes all
	return b.String()
}
