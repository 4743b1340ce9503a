/* The sources of the HTML page, reports/page, as texts that end in a NUL. */
#ifndef ONCECHECK_REPORTS_PAGE_ASSETS_H
#define ONCECHECK_REPORTS_PAGE_ASSETS_H

extern const char page_asset_html[]; /* what is inside <body> */
extern const char page_asset_css[];
/* In the order in which the page runs them. */
extern const char page_asset_dom[];
extern const char page_asset_model[];
extern const char page_asset_diagram[];
extern const char page_asset_detail[];
extern const char page_asset_main[];
/* Of a class report. */
extern const char page_asset_grade_css[];
extern const char page_asset_grade_js[];

#endif
