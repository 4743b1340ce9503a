/* The page's sources, as the assembler includes them: nothing is generated, and a tool that looks
 * for strings finds them as they are. Make knows that this object depends on them. */
#include "reports/page_assets.h"

/* Both symbols are global and read-only; the file is found from the project's root, where the
 * compiler runs. */
#define ASSET(name, file)                                                                          \
    __asm__(".pushsection .rodata\n"                                                               \
            ".global " name "\n" name ":\n"                                                        \
            ".incbin \"reports/page/" file "\"\n"                                                  \
            ".byte 0\n"                                                                            \
            ".popsection\n")

ASSET("page_asset_html", "page.html");
ASSET("page_asset_css", "page.css");
ASSET("page_asset_dom", "dom.js");
ASSET("page_asset_model", "model.js");
ASSET("page_asset_diagram", "diagram.js");
ASSET("page_asset_detail", "detail.js");
ASSET("page_asset_main", "main.js");
ASSET("page_asset_grade_css", "grade.css");
ASSET("page_asset_grade_js", "grade.js");
