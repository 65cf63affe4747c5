package synthetic

import "image"

const (
	glyphWidth  = 5
	glyphHeight = 7
	glyphPitch  = glyphWidth + 1
)

// glyphs are drawn 5 by 7; any mark is ink.
var glyphs = map[byte][glyphHeight]string{
	'0': {" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "},
	'1': {"  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "},
	'2': {" ### ", "#   #", "    #", "   # ", "  #  ", " #   ", "#####"},
	'3': {" ### ", "#   #", "    #", "  ## ", "    #", "#   #", " ### "},
	'4': {"   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "},
	'5': {"#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "},
	'6': {" ### ", "#    ", "#    ", "#### ", "#   #", "#   #", " ### "},
	'7': {"#####", "    #", "   # ", "  #  ", "  #  ", " #   ", " #   "},
	'8': {" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "},
	'9': {" ### ", "#   #", "#   #", " ####", "    #", "    #", " ### "},
	':': {"     ", "  #  ", "  #  ", "     ", "  #  ", "  #  ", "     "},
	'.': {"     ", "     ", "     ", "     ", "     ", "  #  ", "  #  "},
	'#': {" # # ", " # # ", "#####", " # # ", "#####", " # # ", " # # "},
}

// blocks calls ink for every inked block of text, in blocks from the text's top left
// corner. Characters without a glyph are blank.
func blocks(text []byte, ink func(image.Point)) {
	for i, c := range text {
		for y, row := range glyphs[c] {
			for x := range len(row) {
				if row[x] != ' ' {
					ink(image.Pt(i*glyphPitch+x, y))
				}
			}
		}
	}
}
