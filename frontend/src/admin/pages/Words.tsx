import { Problem } from "../../shared/Notices";
import { get } from "../api";
import { Heading, useLoaded, useMayEdit, useShown } from "../context";
import { Opened } from "../Outline";
import { inLanguage, ResponseEditor } from "../ResponseEditor";
import type { BotResponse, ServicesView } from "../types";
import { capital, plain } from "../words";

/** Everything that a service says, or that belongs to no service. */
export function Words({ service }: { service: string }) {
  const { route, stamp } = useShown();
  const mayEdit = useMayEdit();
  const of = encodeURIComponent(route.draft);
  const services = useLoaded(`services ${of}`, () => get<ServicesView>(`services?of=${of}`));
  const { value, problem } = useLoaded(`words ${service} ${of} ${stamp}`, () =>
    get<BotResponse[]>(`services/${encodeURIComponent(service)}/responses?of=${of}`),
  );
  const languages = services.value?.languages ?? ["en"];
  return (
    <>
      <Heading caption={service === "none" ? "Belongs to no service" : capital(plain(service))}>
        Everything it says
      </Heading>
      {problem && <Problem title={problem} />}
      {value?.map((response) => {
        const title = capital(plain(response.name.replace(/^utter_/, "").replace(new RegExp(`^${service}_`), "")));
        return (
          <section key={response.name} className="admin-box" aria-label={title}>
            <h2 className="govuk-heading-s">{title}</h2>
            {inLanguage(response.variants, languages[0] ?? "en").map((wording) => (
              <p key={wording.text} className="govuk-body">
                “{wording.text}”
              </p>
            ))}
            <Opened label={mayEdit ? "Change the words" : "Hear it, in every language"} about={`of: ${title}`}>
              {() => (
                <ResponseEditor
                  key={JSON.stringify(response)}
                  response={response}
                  title={title}
                  languages={languages}
                />
              )}
            </Opened>
          </section>
        );
      })}
    </>
  );
}
