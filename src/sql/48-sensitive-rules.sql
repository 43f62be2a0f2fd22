--
-- What makes a column look personal: rules about its name and its tags.
--
-- Those that come with the extension can be switched off but not changed: which
-- they are is a matter of its version, and a dump says only which are on.
--

CREATE TABLE deltashare.sensitive_column_rules
(
	category text NOT NULL CHECK (category <> ''),
	applies_to text NOT NULL DEFAULT 'name' CHECK (applies_to IN ('name', 'tag')),
	pattern text NOT NULL CHECK (length(pattern) BETWEEN 1 AND 1000),
	unless text CHECK (length(unless) BETWEEN 1 AND 1000),
	enabled boolean NOT NULL DEFAULT true,
	comment text,
	built_in boolean NOT NULL DEFAULT false,
	PRIMARY KEY (category, applies_to, pattern)
);

SELECT pg_catalog.pg_extension_config_dump('deltashare.sensitive_column_rules', '');

COMMENT ON TABLE deltashare.sensitive_column_rules IS
'What makes a column of a shared object look personal, see sensitive_columns(); rules of your own are rows, those of the extension can be disabled';
COMMENT ON COLUMN deltashare.sensitive_column_rules.category IS 'What the column is taken for: email, phone, ...; a word of your choice';
COMMENT ON COLUMN deltashare.sensitive_column_rules.applies_to IS 'name: the name of a column; tag: name and value of a tag';
COMMENT ON COLUMN deltashare.sensitive_column_rules.pattern IS
'Regular expression for one or more whole words, which are written in lower case with _ between them: both customerEmail and CUSTOMER_EMAIL are customer_email; case does not matter';
COMMENT ON COLUMN deltashare.sensitive_column_rules.unless IS 'The rule does not apply where this matches, in the same manner';
COMMENT ON COLUMN deltashare.sensitive_column_rules.enabled IS 'Whether the rule is used';
COMMENT ON COLUMN deltashare.sensitive_column_rules.comment IS 'What the rule is for';
COMMENT ON COLUMN deltashare.sensitive_column_rules.built_in IS 'Whether the rule comes with the extension';

-- "customerEMail2" is customer_e_mail_2.  What is not ASCII is part of a word.
CREATE FUNCTION deltashare.name_words(name text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT btrim(
		regexp_replace(
			regexp_replace(
				regexp_replace(
					lower(regexp_replace(
						regexp_replace(name, '([a-z0-9])([A-Z])', '\1_\2', 'g'),
						'([A-Z])([A-Z][a-z])', '\1_\2', 'g')),
					'([a-z])([0-9])', '\1_\2', 'g'),
				'([0-9])([a-z])', '\1_\2', 'g'),
			'[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]+', '_', 'g'), '_')
$$;

COMMENT ON FUNCTION deltashare.name_words(text) IS
'Internal: the words of a name in lower case, with _ between them';

-- The first group is what was found.
CREATE FUNCTION deltashare.whole_words(pattern text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT '(?i)(?:^|_)(' || pattern || ')(?:_|$)'
$$;

COMMENT ON FUNCTION deltashare.whole_words(text) IS
'Internal: the regular expression that finds the pattern of a rule in the words of a name';

-- A pattern has to be good by itself too: "a)|(b" is only so in parentheses.
CREATE FUNCTION deltashare.check_words_pattern("column" text, pattern text)
RETURNS void
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	PERFORM 'word' ~ pattern, 'word' ~ deltashare.whole_words(pattern);
EXCEPTION WHEN invalid_regular_expression THEN
	RAISE invalid_regular_expression USING
		MESSAGE = format('%s "%s" of a rule is not valid', "column", pattern),
		DETAIL = SQLERRM || '.',
		HINT = 'It is a regular expression without back references and embedded options.';
END
$$;

COMMENT ON FUNCTION deltashare.check_words_pattern(text, text) IS
'Internal: an error if the pattern of a rule is no regular expression';

CREATE FUNCTION deltashare.check_sensitive_rule()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF TG_OP <> 'INSERT' AND OLD.built_in AND
		(TG_OP = 'DELETE' OR to_jsonb(NEW) - 'enabled' <> to_jsonb(OLD) - 'enabled') THEN
		RAISE object_not_in_prerequisite_state USING
			MESSAGE = format('rule "%s" for %s "%s" comes with deltashare_fdw and cannot be %s', OLD.category,
				OLD.applies_to, OLD.pattern, CASE TG_OP WHEN 'DELETE' THEN 'deleted' ELSE 'changed' END),
			HINT = 'Switch it off with SET enabled = false, and insert a rule of your own.';
	END IF;
	IF TG_OP = 'DELETE' THEN
		RETURN OLD;
	END IF;
	PERFORM deltashare.check_words_pattern('pattern', NEW.pattern);
	PERFORM deltashare.check_words_pattern('unless', NEW.unless);
	RETURN NEW;
END
$$;

COMMENT ON FUNCTION deltashare.check_sensitive_rule() IS
'Internal: trigger that refuses rules whose pattern is not valid, and changes of those that come with the extension';

CREATE TRIGGER check_rule BEFORE INSERT OR UPDATE OR DELETE ON deltashare.sensitive_column_rules
	FOR EACH ROW EXECUTE FUNCTION deltashare.check_sensitive_rule();

-- A rule of ours out of a dump says only whether it is on.  One that this
-- version does not have is of no use.
CREATE FUNCTION deltashare.load_sensitive_rule()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	UPDATE deltashare.sensitive_column_rules r
	SET enabled = NEW.enabled
	WHERE r.built_in AND r.category = NEW.category AND r.applies_to = NEW.applies_to AND r.pattern = NEW.pattern;
	RETURN NULL;
END
$$;

COMMENT ON FUNCTION deltashare.load_sensitive_rule() IS
'Internal: trigger that makes the rules of the extension what they are in a dump';

-- What is about a datum is not the datum: email_verified, is_phone_valid.
INSERT INTO deltashare.sensitive_column_rules (category, pattern, unless, comment, built_in)
SELECT r.category, r.pattern,
	'^(' || concat_ws('|', n.unless, r.unless) || ')$',
	r.comment, true
FROM (VALUES
	('email',
		'e_?mails?(_?(id|ids|addr|address|addresses|adresse))?|mail_?(addr|address|adresse)|^mail$|courriels?|correo(_electronico)?',
		NULL, 'E-mail address'),
	('phone',
		'(tele)?phones?(_?(no|num|nr|number|numbers))?|tel(_?(no|nr|num|number))?|mobile_?(no|num|number|phone)|mobile$|msisdn|'
		'fax(_?(no|num|nr|number))?|tel(e|.)fon(o|e)?(_?nummer)?|(mobil|handy|telefon)_?(nummer|nr)|t.l.phone',
		NULL, 'Telephone number'),
	('name',
		'(first|last|middle|given|family|full|maiden|birth|legal|preferred|customer|client|patient|employee|person|contact|user|'
		'member|guest|student|card_?holder|holder|sender|passenger|subscriber|applicant|borrower|spouse)_?names?|'
		'[fl]_?name|sur_?names?|fore_?names?|(vor|nach|familien|geburts|kunden|mitarbeiter)_?name|'
		'pr.nom|nom(_de)?_famille|nom_client|apellidos?|cognome|sobrenome|(voor|achter)_?naam',
		NULL, 'Name of a person'),
	('birth date',
		'date_?of_?birth|dob|birth_?(date|day|year|place)|birth|born(_on|_at)?|year_of_birth|place_of_birth|'
		'geburts_?(datum|tag|jahr|ort)|geboren|date_(de_)?naissance|fecha_(de_)?nacimiento|data_(di_)?nascita|'
		'data_(de_)?nascimento|geboorte_?datum',
		NULL, 'Date or place of birth'),
	('national id',
		'ssn|social_?security(_?(no|num|number))?|social_insurance(_?(no|number))?|national_?(id|identity|identifier|insurance)(_?(no|number))?|'
		'nino|nhs_?(no|number)|(us_)?itin|tax_?(payer_?)?(id|identifier|no|number)|passport(_?(id|no|num|number))?|'
		'(drivers?|driving)_?licen[cs]e(_?(id|no|number))?|id_?card(_?(no|number))?|identity_?(card|document)(_?(no|number))?|aadhaar|'
		'steuer_?(id|identifikations_?nummer|nummer)|sozialversicherungs_?(nr|nummer)|svnr|personalausweis(_?(nr|nummer))?|'
		'reisepass(_?(nr|nummer))?|numero_(de_)?securite_sociale|dni|nif|cpf|rut|curp|codice_fiscale|bsn|pesel|personnummer',
		NULL, 'Number that the state gave to a person'),
	('address',
		'(home|street|postal|mailing|billing|shipping|delivery|residential|customer)?_?address(es)?(_?(line|row))?|'
		'street(_?(name|no|number|address))?|house_?(no|number)|post(al)?_?code|zip_?code|^zip$|.*_zip$|'
		'anschrift|adresse|stra(ss|.)e|hausnummer|plz|postleitzahl|wohnort|rue|code_postal|direcci(o|.)n|codigo_postal|'
		'indirizzo|endere(c|.)o|cep|woonplaats|straat',
		'(.*_)?(ip|ipv_[46]|mac|e_?mail|mail|web|url|site|host|server|network|remote|source|destination|wallet|contract|memory|'
		'hardware|reply|bitcoin|blockchain)_address(es)?|.*_id', 'Postal address'),
	('location',
		'lat|latitude|lon|lng|longitude|geo_?(location|point|coordinates?|hash)|gps(_?(lat|lon|latitude|longitude|position|coordinates?))?|'
		'home_(location|city)|breitengrad|l.ngengrad|ubicacion', NULL, 'Where a person is'),
	('ip address',
		'ip(_?addr(ess)?(es)?)?|ipv_?[46](_?addr(ess)?)?', NULL, 'Address of a device in a network'),
	('device id',
		'(device|advertising|advertiser|cookie)_?(id|identifier|uuid)|mac_?addr(ess)?|imei|imsi|idfa|idfv|gaid|aaid', NULL,
		'Identifier of a device of a person'),
	('card',
		'(credit|debit|payment|bank)_?card(_?(no|num|nr|number))?|card_?(no|num|nr|number|holder)|cc_?(no|num|number)|'
		'cvv_?2?|cvc_?2?|primary_account_number|kreditkarte(n_?(nr|nummer))?|carte_(bancaire|(de_)?credit|bleue)|'
		'numero_(de_)?(tarjeta|carte)|tarjeta(_de)?_credito|carta(_di)?_credito', NULL, 'Payment card'),
	('bank account',
		'ibans?|bank_?account(_?(id|no|num|number))?|account_?(no|num|number)|routing_?(no|number)|sort_?code|'
		'konto_?(nr|nummer)|bankverbindung|numero_(de_)?(cuenta|compte)', NULL, 'Bank account'),
	('gender',
		'genders?|sex|geschlecht|sexe|sexo|g(e|.)nero|sesso|geslacht', NULL, 'Gender'),
	('special category',
		'religions?|religious_(belief|affiliation)s?|konfession|ethnic(ity|_(group|origin))?|nationalit(y|at|.t|e|.)|citizenship|'
		'staatsangeh.rigkeit|political_(party|opinions?|affiliation)|sexual_orientation|trade_union(_member(ship)?)?|biometrics?(_.*)?|'
		'marital_status|familienstand|criminal_record', NULL, 'Data that the law protects further'),
	('income',
		'salar(y|ies)|(base|gross|net|hourly|annual)_?(pay|salary|wage)|wages?|payroll|(annual|monthly|yearly|household|personal)_income|'
		'compensation|gehalt|bruttogehalt|nettogehalt|lohn|salaire|sueldo|salario|stipendio|credit_?score|bonit.t', NULL,
		'Pay, and whether a person can'),
	('credential',
		'pass_?(word|wd|phrase|code)s?(_?hash)?|pwd|secret_?key|client_secret|api_?key|(access|refresh|bearer|auth)_?token|private_?key|'
		'security_(answer|question)|passwort|kennwort|mot_de_passe|contrase.a', NULL,
		'What opens a door; it has no place in a share')
	) r (category, pattern, unless, comment),
	(VALUES (
		'(is|has|count|number_of)_.*|.*_(count|flag|status|type|enabled|verified|valid|validated|sent|templates?|subject|consent|'
		'opt_in|opt_out|length|format|source|required|rate|index|(sent|verified|updated|changed|created|reset)_at)')) n (unless);

-- Here "has_diagnosis" is the datum.
INSERT INTO deltashare.sensitive_column_rules (category, applies_to, pattern, unless, enabled, comment, built_in)
VALUES
	('health', 'name',
		'diagnos(is|es|e)|diseases?|illness(es)?|medical_(record|history|condition|notes)s?(_?(no|number))?|mrn|patient_?(id|no|number)|'
		'medications?|prescriptions?|blood_?(type|group)|allerg(y|ies)|disabilit(y|ies)|pregnan(t|cy)|icd_?(9|10|11)?(_?code)?|'
		'health_(status|condition|insurance|insurance_(id|no|number))|krankheit|krankenkasse|krankenversicherung|maladie|enfermedad|malattia',
		NULL, true, 'Health of a person', true),
	('name', 'name', '^name$', NULL, false,
		'A column that is just called name: of a person as often as of a product', true),
	('personal data', 'tag',
		'pii|phi|spi|personal(_(data|information))?|personally_identifiable(_information)?|sensitive(_(data|personal_data))?|gdpr|dsgvo|rgpd|'
		'ccpa|hipaa|special_category|personenbezogen(e_daten)?|donnees_personnelles|datos_personales|dati_personali',
		'(not?|non)_(pii|phi|personal|sensitive)|(pii|phi|personal|sensitive)(_data)?_free', true, 'Tagged as personal, by whatever name', true),
	('card', 'tag', 'pci(_?dss)?|cardholder_data|class_(credit_card|card_.*)', NULL, true, 'Tagged as payment card', true),
	('email', 'tag', 'class_email(_address)?', NULL, true, 'Classified by the platform', true),
	('phone', 'tag', 'class_phone(_number)?', NULL, true, 'Classified by the platform', true),
	('name', 'tag', 'class_(person_)?name', NULL, true, 'Classified by the platform', true),
	('birth date', 'tag', 'class_(date_of_birth|birth_date|dob)', NULL, true, 'Classified by the platform', true),
	('location', 'tag', 'class_(location|address)', NULL, true, 'Classified by the platform', true),
	('ip address', 'tag', 'class_ip_address', NULL, true, 'Classified by the platform', true),
	('bank account', 'tag', 'class_(iban_code|iban|(us_)?bank_(account_)?number)', NULL, true, 'Classified by the platform', true),
	('national id', 'tag',
		'class_([a-z][a-z]_)?(ssn|itin|passport|drivers?_license|id_card|tax_id|nino|nhs|tfn|medicare|cpf|rg|aadhaar|pan|social_insurance_number)',
		NULL, true, 'Classified by the platform', true);

CREATE TRIGGER load_rule BEFORE INSERT ON deltashare.sensitive_column_rules
	FOR EACH ROW WHEN (NEW.built_in) EXECUTE FUNCTION deltashare.load_sensitive_rule();
