/* JSON of foreign origin. An escape in it may hide what text_clean() kept out of the text itself. */
#include "reports/database.h"
#include "reports/report.h"

static void clean(cJSON *item)
{
    for (cJSON *each = item; each != NULL; each = each->next) {
        if (cJSON_IsString(each)) {
            g_autofree char *text = text_clean(each->valuestring, RESULTS_MAX_DOCUMENT);
            cJSON_SetValuestring(each, text);
        }
        clean(each->child); /* cJSON itself limits the depth */
    }
}

cJSON *report_clean(cJSON *json)
{
    clean(json);
    return json;
}

cJSON *report_parse(const char *text)
{
    return report_clean(text == NULL ? NULL : cJSON_Parse(text));
}
