import { type FormEvent, useState } from "react";
import { Button } from "../shared/Button";
import { TextArea, TextField } from "../shared/Field";
import { useCheckWhileTyping, useMayEdit, useShown, useWorkspace } from "./context";
import { Beside } from "./Findings";
import { HearIt } from "./HearIt";
import { about } from "./state";
import type { BotResponse, Wording } from "./types";
import { pronounced } from "./voice";
import { language } from "./words";

/** The wordings of a language, in order. */
export function inLanguage(wordings: Wording[], code: string): Wording[] {
  return wordings.filter((wording) => wording.language === code);
}

/** Something that the bot says: every way of saying it, all languages side by side. */
export function ResponseEditor({
  response,
  title,
  languages,
}: {
  response: BotResponse;
  title: string;
  languages: string[];
}) {
  const { findings } = useShown();
  const mayEdit = useMayEdit();
  const [adding, setAdding] = useState(false);
  const ways = Math.max(1, ...languages.map((code) => inLanguage(response.variants, code).length));
  return (
    <div className="admin-response" data-response={response.name}>
      {Array.from({ length: ways + (adding ? 1 : 0) }, (_, variant) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a way of saying something has no name but its number
        <div key={variant}>
          {ways > 1 && <h4 className="govuk-heading-s">Way {variant + 1} of saying it</h4>}
          <div className="admin-sides">
            {languages.map((code) => (
              <OneWording
                key={code}
                response={response}
                title={title}
                variant={variant}
                code={code}
                wording={inLanguage(response.variants, code)[variant]}
                only={ways === 1}
              />
            ))}
          </div>
        </div>
      ))}
      {response.placeholders.length > 0 && (
        <p className="govuk-hint">
          In braces: {response.placeholders.map((name) => `{${name}}`).join(", ")}. They are filled in when it is said.
        </p>
      )}
      <Beside findings={about(findings, response.name)} />
      {mayEdit && !adding && (
        <Button small onClick={() => setAdding(true)} about={`of: ${title}`}>
          Add another way of saying it
        </Button>
      )}
    </div>
  );
}

function OneWording({
  response,
  title,
  variant,
  code,
  wording,
  only,
}: {
  response: BotResponse;
  title: string;
  variant: number;
  code: string;
  wording: Wording | undefined;
  only: boolean;
}) {
  const workspace = useWorkspace();
  const mayEdit = useMayEdit();
  const [text, setText] = useState(wording?.text ?? "");
  const [spoken, setSpoken] = useState(wording?.spoken ?? "");
  const changed = text !== (wording?.text ?? "") || spoken !== (wording?.spoken ?? "");
  const command = {
    do: "set_text",
    response: response.name,
    text,
    variant,
    language: code,
    spoken: spoken === (wording?.spoken ?? "") ? null : spoken,
  };
  const found = useCheckWhileTyping(mayEdit && changed && text.trim() ? command : null, response.name);
  const what = `${title}, in ${language(code)}`;
  function save(event: FormEvent) {
    event.preventDefault();
    void workspace.edit(command);
  }
  if (!mayEdit) {
    return (
      <div lang={code}>
        <h5 className="govuk-heading-s govuk-!-margin-bottom-1">{language(code)}</h5>
        <p className="govuk-body">{wording?.text ?? "Nothing yet"}</p>
        {wording && <HearIt text={wording.spoken ?? wording.text} about={what} code={code} />}
      </div>
    );
  }
  return (
    <form onSubmit={save}>
      <TextArea
        label={
          <>
            {language(code)}
            <span className="govuk-visually-hidden">: {title}</span>
          </>
        }
        lang={code}
        value={text}
        onChange={setText}
      />
      {changed && <Beside findings={found} />}
      <Pronounced text={text} spoken={spoken} onChange={setSpoken} what={what} code={code} />
      <div className="govuk-button-group">
        <Button submit kind="primary" small disabled={!changed || !text.trim()} about={what}>
          Save
        </Button>
        <HearIt text={spoken || text} about={what} code={code} />
        {!only && wording && (
          <Button
            small
            about={what}
            onClick={() => void workspace.edit({ do: "remove_variant", response: response.name, variant })}
          >
            Remove
          </Button>
        )}
      </div>
    </form>
  );
}

/** How it is pronounced, where that is not as it is written. */
export function Pronounced({
  text,
  spoken,
  onChange,
  what,
  code,
}: {
  text: string;
  spoken: string;
  onChange(spoken: string): void;
  what: string;
  code: string;
}) {
  const [word, setWord] = useState("");
  const [as, setAs] = useState("");
  return (
    <details className="govuk-details govuk-!-margin-bottom-3">
      <summary className="govuk-details__summary">
        <span className="govuk-details__summary-text">
          How to pronounce it<span className="govuk-visually-hidden">: {what}</span>
        </span>
      </summary>
      <div className="govuk-details__text">
        <div className="admin-pair">
          <TextField label="Word" width="10" value={word} onChange={setWord} />
          <TextField label="Said as it sounds" width="10" value={as} onChange={setAs} />
        </div>
        <Button
          small
          disabled={!word.trim() || !as.trim()}
          about={what}
          onClick={() => {
            onChange(pronounced(spoken || text, word, as));
            setWord("");
            setAs("");
          }}
        >
          Mark the word
        </Button>
        <TextArea
          label="As it is spoken"
          hint="Leave empty to say it as it is written"
          lang={code}
          value={spoken}
          onChange={onChange}
        />
      </div>
    </details>
  );
}
